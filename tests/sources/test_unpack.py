"""A data set as other programs' files: all of them hold it, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from sprite_data import data_set
from spritenet.sources.unpack import Kind, unpack


def test_idx_files_come_back(tmp_path: Path) -> None:
    """Classes too, by classes.txt."""
    data = data_set(20, classes=3, test=5)
    found = sn.load(unpack(data, tmp_path / "idx", "idx"))
    assert found.content_hash == data.content_hash
    assert found.class_names == data.class_names


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures_are_those_of_their_folders(tmp_path: Path, channels: int) -> None:
    """`train/CLASS/000000.png`, read by Pillow; names that a system can't have are changed."""
    made = data_set(20, (4, 3, channels), classes=3, test=5)
    names = ("a/b", "a_b", "..")
    splits = {
        name: sn.Split(split.images, split.labels, names) for name, split in made.splits.items()
    }
    folder = unpack(sn.Dataset("x", splits, names), tmp_path / "images")
    for name, split in made.splits.items():
        for place, (image, label) in enumerate(split):
            inside = ["a_b", "a_b (2)", "__"][label]
            with Image.open(folder / name / inside / f"{place:06d}.png") as picture:
                assert np.array_equal(np.asarray(picture).reshape(image.shape), image)
    assert len(list(folder.rglob("*.png"))) == 25


def test_npz_holds_arrays_and_names(tmp_path: Path) -> None:
    """Nothing in it is pickled."""
    data = data_set(20, test=5)
    with np.load(unpack(data, tmp_path / "a.npz"), allow_pickle=False) as arrays:
        assert np.array_equal(arrays["x_train"], data.train.images[..., 0])
        assert np.array_equal(arrays["y_test"], data.test.labels)
        assert tuple(arrays["class_names"]) == data.class_names


def test_what_can_not_be_written_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    """Colours as IDX, a form there is not, a place that is taken."""
    with pytest.raises(sn.InputError, match="hold grey images"):
        unpack(data_set(3, (2, 2, 3)), tmp_path / "idx", "idx")
    with pytest.raises(sn.InputError, match="unsupported format: expected one of idx, folder, npz"):
        unpack(data_set(), tmp_path / "x", cast("Kind", "tar"))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(sn.DataError, match=r"holds other files.*got mine\.txt"):
        unpack(data_set(), tmp_path)
