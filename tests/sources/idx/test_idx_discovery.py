"""IDX files under any names: magic numbers say what they are, words which."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from idx_bytes import image_bytes, label_bytes, some_images, some_labels
from spritenet.errors import DataError
from spritenet.sources import load
from spritenet.sources.idx.idx_discovery import find_by_magic, kind_of


def write(folder: Path, images: str, labels: str, count: int = 7, *, packed: bool = False) -> None:
    """A pair under these names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (
        (images, image_bytes(some_images(count, seed=count))),
        (labels, label_bytes(some_labels(count, seed=count))),
    ):
        (folder / name).write_bytes(gzip.compress(content) if packed else content)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("images", "labels"),
    [("pixels.bin", "classes.bin"), ("a", "b"), ("x.idx3", "y.idx1"), ("i.ubyte.gz", "l.ubyte.gz")],
)
def test_one_pair_may_have_any_names(
    tmp_path: Path, images: str, labels: str, *, packed: bool
) -> None:
    """The folder, or either file."""
    write(tmp_path, images, labels, packed=packed)
    (tmp_path / "README.md").write_text("About these files.")
    (tmp_path / ".hidden").write_bytes(label_bytes(some_labels(3)))
    for path in (tmp_path, tmp_path / images, tmp_path / labels):
        data = load(path)
        assert np.array_equal(data.train.images[..., 0], some_images(7, seed=7))
        assert np.array_equal(data.train.labels, some_labels(7, seed=7))


def test_words_tell_splits_and_data_sets_apart(tmp_path: Path) -> None:
    """Whatever stands between them; several data sets need a file of one."""
    write(tmp_path, "digits_train.images.idx", "digits_train.labels.idx", 7)
    write(tmp_path, "digits.test_images.idx", "labels digits test.idx", 4)
    data = load(tmp_path)
    assert (len(data.train), len(data.test)) == (7, 4)
    write(tmp_path, "letters-images-train", "letters-labels-train", 9)
    assert set(find_by_magic(tmp_path)) == {"digits", "letters"}
    with pytest.raises(DataError, match="several data sets are in this folder: got digits, lett"):
        load(tmp_path)
    assert len(load(tmp_path / "letters-images-train").train) == 9
    assert len(load(tmp_path / "labels digits test.idx").test) == 4


def test_labels_may_be_elsewhere(tmp_path: Path) -> None:
    """`labels=`, a path or bytes; of a folder they are refused."""
    write(tmp_path / "a", "one", "two")
    (tmp_path / "a" / "two").rename(tmp_path / "two")
    for labels in (tmp_path / "two", (tmp_path / "two").read_bytes()):
        data = load(tmp_path / "a" / "one", labels=labels)
        assert np.array_equal(data.train.labels, some_labels(7, seed=7))
    assert len(load((tmp_path / "a" / "one").read_bytes(), labels=tmp_path / "two").train) == 7
    with pytest.raises(DataError, match="missing labels of the train split"):
        load(tmp_path / "a" / "one")
    write(tmp_path / "b", "one", "two")
    with pytest.raises(DataError, match="labels need a single file of images"):
        load(tmp_path / "b", labels=tmp_path / "two")


def test_other_files_are_none(tmp_path: Path) -> None:
    """Too short, another magic number, an image by its name, a folder, broken gzip."""
    for name, content in (
        ("short", b"\0\0\x08"),
        ("other", b"\0\0\x0d\x03" + bytes(20)),
        ("a.png", image_bytes(some_images(1))),
        ("broken.gz", b"\x1f\x8b\x08\x00broken"),
        ("empty", b""),
    ):
        (tmp_path / name).write_bytes(content)
        assert kind_of(tmp_path / name) == ""
    assert kind_of(tmp_path) == ""
    assert find_by_magic(tmp_path) == {}
