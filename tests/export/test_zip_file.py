"""A model as one ZIP."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from spritenet.errors import ModelError, UnsupportedError


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A small model's folder."""
    model = sn.Sequential([sn.Flatten(), sn.Dense(3, activation="softmax")])
    model.build((4, 4, 1))
    model.save(tmp_path / "digits")
    return tmp_path / "digits"


def zipped(folder: Path, target: Path, prefix: str = "") -> Path:
    """The folder's files in a ZIP, perhaps within a folder there."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.iterdir():
            archive.write(file, prefix + file.name)
    return target


def test_a_model_is_saved_as_a_zip(saved: Path, tmp_path: Path) -> None:
    """It holds the files of the folder, the same bytes each time."""
    model = sn.load_model(saved)
    model.save(tmp_path / "one.zip")
    model.save(tmp_path / "two.zip", precision="float32")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        for file in saved.iterdir():
            assert archive.read(file.name) == file.read_bytes()
    images = np.arange(32, dtype=np.uint8).reshape(2, 4, 4, 1)
    again = sn.load_model(tmp_path / "one.zip")
    assert np.array_equal(again.predict(images), model.predict(images))


def test_an_int8_file_needs_images(saved: Path, tmp_path: Path) -> None:
    """The name isn't taken for that of a folder."""
    with pytest.raises(UnsupportedError, match=r"m\.int8: .*quantize\(images\)"):
        sn.load_model(saved).save(tmp_path / "m.int8")
    assert not (tmp_path / "m.int8").exists()


@pytest.mark.parametrize("prefix", ["", "digits/"])
def test_a_zip_is_the_model_that_was_zipped(saved: Path, tmp_path: Path, prefix: str) -> None:
    """With the files at the top of the ZIP, and in a folder."""
    images = np.arange(32, dtype=np.uint8).reshape(2, 4, 4, 1)
    model = sn.load_model(zipped(saved, tmp_path / "digits.zip", prefix))
    assert np.array_equal(model.predict(images), sn.load_model(saved).predict(images))


def test_a_damaged_zip_is_one_line_that_names_it(saved: Path, tmp_path: Path) -> None:
    """Cut anywhere, or with a byte changed anywhere: a ModelError, or the whole model."""
    path = zipped(saved, tmp_path / "digits.zip")
    data = path.read_bytes()
    for length in range(0, len(data), 97):
        path.write_bytes(data[:length])
        with pytest.raises(ModelError, match=r"digits\.zip"):
            sn.load_model(path)
    for place in range(0, len(data), 53):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        try:
            sn.load_model(path)
        except ModelError as error:
            assert "digits.zip" in str(error)  # noqa: PT017 - a change of a time stamp harms nothing


def test_what_is_wrong_inside_is_told_of_the_zip(saved: Path, tmp_path: Path) -> None:
    """The place is the ZIP's, not a temporary folder's."""
    (saved / "model.json").write_text("[]")
    path = zipped(saved, tmp_path / "digits.zip")
    with pytest.raises(ModelError, match="not a JSON object") as caught:
        sn.load_model(path)
    assert str(caught.value).startswith(f"{path}/model.json: ")


@pytest.mark.parametrize("names", [("a/model.json", "b/model.json"), ("..",), ("x/..",)])
def test_files_that_cant_lie_side_by_side_are_refused(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    """Two of one name, and names that lead elsewhere."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "{}")
    (tmp_path / "m.zip").write_bytes(buffer.getvalue())
    with pytest.raises(ModelError, match="unsupported file in the ZIP"):
        sn.load_model(tmp_path / "m.zip")


def test_a_zip_that_would_fill_the_disk_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    """Its directory says how large it would be."""
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(1001):
            archive.writestr(f"{i}.bin", "")
    with pytest.raises(ModelError, match="holds more than a model"):
        sn.load_model(tmp_path / "m.zip")
