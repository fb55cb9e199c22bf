"""WebDataset's tars: each image has its label beside it."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from spritenet.errors import DataError, InputError
from spritenet.sources import load, survey

RANDOM = np.random.default_rng(9)
PICTURES = RANDOM.integers(0, 256, (12, 6, 5), dtype=np.uint8)


def png(place: int) -> bytes:
    """An image's file."""
    out = io.BytesIO()
    Image.fromarray(PICTURES[place]).save(out, "PNG")
    return out.getvalue()


def tar(path: Path, files: dict[str, bytes]) -> Path:
    """A tar of these files, gzipped if its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as opened:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            opened.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize("ending", [".tar", ".tar.gz"])
def test_numbers_in_cls(tmp_path: Path, ending: str) -> None:
    """Classes are numbered, as of arrays; `class_names` names them."""
    files: dict[str, bytes] = {}
    for place in range(6):
        files |= {f"a/{place:03}.png": png(place), f"a/{place:03}.cls": b"%d\n" % (place % 3)}
    path = tar(tmp_path / f"shard{ending}", files)
    data = load(path)
    assert data.class_names == ("0", "1", "2")
    assert data.train.labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert np.array_equal(data.train.images[..., 0], PICTURES[:6])
    assert load(path, class_names=["a", "b", "c"]).class_names == ("a", "b", "c")
    assert load(path, size="3x3").image_shape == (3, 3, 1)
    assert load(path.read_bytes()).content_hash == data.content_hash


def test_shards_name_splits_and_json_names_classes(tmp_path: Path) -> None:
    """In natural order of the tars; names in natural order; packed without being extracted."""
    for number, (name, places) in enumerate(
        {"train-10.tar": (4, 5), "train-9.tar": (0, 1, 2, 3), "test-0.tar": (6, 7)}.items()
    ):
        files: dict[str, bytes] = {}
        for place in places:
            label = ["dog 2", "dog 10", "cat"][place % 3]
            key = ["label", "cls", "class"][number]
            files[f"{place}.img.png"] = png(place)
            files[f"{place}.json"] = json.dumps({"id": place, key: label}).encode()
        tar(tmp_path / "shards" / name, files)
    listing = survey(tmp_path / "shards")
    data = load(sn.pack(listing, tmp_path / "a.png"))
    assert data.class_names == ("cat", "dog 2", "dog 10")
    assert np.array_equal(data.train.images[..., 0], PICTURES[:6])
    assert np.array_equal(data.test.images[..., 0], PICTURES[6:8])
    assert data.train.labels.tolist() == [1, 2, 0, 1, 2, 0]


def test_what_has_no_label_is_left_out_and_said(tmp_path: Path) -> None:
    """A few images; and an image that is broken."""
    files = {f"{place}.png": png(place) for place in range(5)}
    files |= {f"{place}.cls": b"1" for place in range(4)}
    files["0.png"] = b"broken"
    path = tar(tmp_path / "a.tar", files)
    with pytest.warns(
        sn.DataWarning, match=r"1 image can't be read.*images without a label are left out: 1"
    ):
        data = load(path)
    assert len(data.train) == 3


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("0.cls", b"", "0.cls: invalid label"),
        ("0.cls", b"\xff\xfe", "0.cls: invalid label"),
        ("0.cls", b"x" * 100_000, "0.cls: is too long for a label"),
        ("0.cls", b"-1", "out of range"),
        ("0.json", b"{", "0.json: invalid label"),
        ("0.json", b'{"caption": "a cat"}', "0.json: missing label: expected label or cls or cl"),
        ("0.json", b'{"label": [1]}', "0.json: missing label"),
        ("0.json", b"[" * 5_000, "0.json: invalid label"),
    ],
)
def test_labels_that_are_none_are_refused(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    """One line that names the file in the tar."""
    path = tar(tmp_path / "a.tar", {"0.png": png(0), name: content})
    with pytest.raises(DataError, match=said):
        load(path)


def test_other_tars_are_what_they_were(tmp_path: Path) -> None:
    """Folders of classes, with a stray JSON file; no name but theirs."""
    files = {f"{name}/{place}.png": png(place) for place in range(3) for name in ("cat", "dog")}
    path = tar(tmp_path / "a.tar", files)
    assert load(path).class_names == ("cat", "dog")
    with pytest.raises(InputError, match="class names are those of the folders"):
        load(path, class_names=["a", "b"])
    tar(tmp_path / "d" / "a.tar", {"readme.txt": b"nothing"})
    with pytest.raises(DataError, match="missing labels"):
        load(tmp_path / "d")
