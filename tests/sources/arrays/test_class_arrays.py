"""An npy file for each class, as QuickDraw has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from spritenet.errors import DataError, InputError
from spritenet.sources import load, survey

RANDOM = np.random.default_rng(5)
CAT = RANDOM.integers(0, 256, (6, 28, 28), dtype=np.uint8)
DOG = RANDOM.integers(0, 256, (4, 28, 28), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(-1, 784), (-1, 28, 28), (-1, 28, 28, 1)])
def test_each_file_is_a_class(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """Rows are squares; names come from the files, in natural order, without QuickDraw's prefix."""
    np.save(tmp_path / "full_numpy_bitmap_dog 10.npy", DOG.reshape(shape))
    np.save(tmp_path / "full%2Fnumpy_bitmap%2Fcat.npy", CAT.reshape(shape))
    np.save(tmp_path / "dog 9.npy", DOG[:2].reshape(shape))
    data = load(tmp_path)
    assert data.class_names == ("cat", "dog 9", "dog 10")
    assert list(data.train.class_counts.values()) == [6, 2, 4]
    assert np.array_equal(data.train.images[:6, ..., 0], CAT)
    assert np.array_equal(data.train.images[8:, ..., 0], DOG)


def test_splits_are_folders_and_files_stay_mapped(tmp_path: Path) -> None:
    """`train/cat.npy` and `test/cat.npy`; what is packed is read a part at a time."""
    for split, count in (("train", 4), ("test", 2)):
        (tmp_path / "d" / split).mkdir(parents=True)
        np.save(tmp_path / "d" / split / "cat.npy", CAT[:count])
        np.save(tmp_path / "d" / split / "dog.npy", DOG[:count])
    listing = survey(tmp_path / "d")
    assert listing.splits == (("train", 0, 8), ("test", 8, 12))
    data = load(sn.pack(listing, tmp_path / "d.png"))
    assert data.test.labels.tolist() == [0, 0, 1, 1]
    assert np.array_equal(data.test.images[2:, ..., 0], DOG[:2])


def test_floats_and_sizes(tmp_path: Path) -> None:
    """0 to 1 are scaled; `image_size` gives rows another form; `class_names` other names."""
    np.save(tmp_path / "a.npy", np.float32(CAT / 255).reshape(6, -1))
    np.save(tmp_path / "b.npy", np.float32(DOG / 255).reshape(4, -1))
    data = load(tmp_path, image_size="14x56", class_names=("miau", "wuff"))
    assert data.image_shape == (14, 56, 1)
    assert data.class_names == ("miau", "wuff")
    assert np.array_equal(
        data.train.images.reshape(-1, 784), np.concatenate([CAT, DOG]).reshape(-1, 784)
    )


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    """Other sizes, rows that are no squares, texts, pickles, names that are too few."""
    np.save(tmp_path / "a.npy", CAT)
    for array, said in (
        (DOG[:, :14], "b.npy: the classes' images are of different sizes: expected 28×28×1"),
        (DOG.reshape(4, -1)[:, :700], "b.npy: these rows of numbers aren't square images"),
        (np.array(["x", "y"]), "b.npy: unsupported data type"),
        (np.arange(5), "b.npy: unsupported images"),
        (np.array([{}, []], object), "pickled objects"),
        (DOG[:0], "b.npy: unsupported images"),
    ):
        np.save(tmp_path / "b.npy", array, allow_pickle=True)
        with pytest.raises(DataError, match=said):
            load(tmp_path)
    np.save(tmp_path / "b.npy", DOG)
    with pytest.raises(DataError, match="missing class names: expected 2, got 1"):
        load(tmp_path, class_names=["cat"])
    with pytest.raises(InputError, match="labels is for"):
        load(tmp_path, labels=tmp_path / "a.npy")
