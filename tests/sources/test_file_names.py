"""Images of formats that can't be read are named, with what to do, and never dropped in silence."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from picture_folders import noise, write_pictures
from spritenet.errors import DataError, DataWarning
from spritenet.sources.file_names import can_read_heic
from spritenet.sources.images import image_file
from spritenet.sources.images.image_file import read_image

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)


@pytest.fixture
def without_heic(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine where pillow-heif is not installed, whatever this one has."""
    cached = (can_read_heic, image_file._formats)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


@pytest.mark.usefixtures("without_heic")
def test_heic_in_a_class_names_pillow_heif(tmp_path: Path) -> None:
    """A class of photographs of a telephone, beside one that can be read."""
    write_pictures(tmp_path, "cat/1.png", "cat/2.png")
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog/IMG_1.HEIC").write_bytes(HEIC)
    said = r"HEIC images need pillow-heif.*dog/IMG_1\.HEIC; type: pip install pillow-heif"
    with pytest.warns(DataWarning, match=said):
        found = sn.load(tmp_path)
    assert found.train.class_counts == {"cat": 2, "dog": 0}
    with pytest.raises(DataError, match="pillow-heif"):
        sn.load(tmp_path, strict=True)


@pytest.mark.usefixtures("without_heic")
def test_nothing_but_heic_is_an_error_that_names_it(tmp_path: Path) -> None:
    """In a folder, and of a single file; whatever its name."""
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog/1.heic").write_bytes(HEIC)
    with pytest.raises(DataError, match=r"no images found.*pip install pillow-heif"):
        sn.load(tmp_path)
    (tmp_path / "photo.jpg").write_bytes(HEIC)
    for source in (tmp_path / "photo.jpg", HEIC, io.BytesIO(HEIC)):
        with pytest.raises(DataError, match=r"got HEIC. Type: pip install pillow-heif"):
            read_image(source)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("1.svg", "SVG"), ("1.CR2", "camera raw"), ("1.dcm", "DICOM"), ("1.psd", "Photoshop")],
)
def test_other_formats_are_named(name: str, kind: str, tmp_path: Path) -> None:
    """As unsupported, apart from files that are no images."""
    write_pictures(tmp_path, "cat/1.png")
    (tmp_path / "cat" / name).touch()
    (tmp_path / "cat/notes.txt").touch()
    with pytest.warns(DataWarning) as caught:
        sn.load(tmp_path)
    said = str(caught[0].message)
    assert f"{kind} images are unsupported and were skipped: cat/{name}; save" in said
    assert "files that are no images: cat/notes.txt" in said


def test_pillow_heif_is_used_where_it_is_installed(tmp_path: Path) -> None:
    """By an ending of that kind, to pixels close to what was saved."""
    can_read_heic.cache_clear()
    image_file._formats.cache_clear()
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    (tmp_path / "cat").mkdir()
    pixels = np.repeat(np.repeat(noise((8, 8, 3)), 8, axis=0), 8, axis=1)
    Image.fromarray(pixels).save(tmp_path / "cat/1.heic", quality=100)
    found = sn.load(tmp_path, color="rgb", strict=True).train.images[0]
    assert np.abs(found.astype(int) - pixels).mean() < 8
