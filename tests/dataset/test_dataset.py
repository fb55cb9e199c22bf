"""Data sets: splits that belong together."""

import copy
import hashlib
import pickle

import numpy as np
import pytest

from spritenet.dataset import Dataset, Split
from spritenet.errors import DataError, DataWarning


def zeros(count: int, side: int = 2, names: tuple[str, ...] = ("a", "b"), name: str = "") -> Split:
    """Black pictures."""
    return Split(
        np.zeros((count, side, side, 1), np.uint8),
        np.arange(count, dtype=np.int32) % 2,
        names,
        name,
    )


def digits() -> Dataset:
    """One of two splits."""
    splits = {"train": zeros(1200), "test": zeros(4, name="test")}
    return Dataset("digits", splits, ("a", "b"), "nobody", "CC0-1.0")


def test_splits_go_by_their_names() -> None:
    """As attributes for the two usual ones, by key for any, and they know their names."""
    data = digits()
    assert data.train is data["train"]
    assert len(data.test) == 4
    assert [split.name for split in data.splits.values()] == ["train", "test"]
    assert data.image_shape == (2, 2, 1)
    assert repr(data) == "Dataset('digits': train 1,200, test 4, 2×2×1, a, b)"


def test_a_split_that_is_not_there_is_an_error_that_helps() -> None:
    """With those that are, and how to make one."""
    data = Dataset("digits", {"train": zeros(4)}, ("a", "b"))
    with pytest.raises(
        DataError, match=r"unknown split 'test': expected train\. .*\.split\(validation"
    ):
        _ = data.test
    with pytest.raises(DataError, match="expected one of train, test"):
        digits()["tests"]


def test_splits_must_belong_together() -> None:
    """The same classes and one image size; and at least one split."""
    with pytest.raises(DataError, match="digits: missing splits"):
        Dataset("digits", {}, ("a", "b"))
    with pytest.raises(DataError, match="test: the splits have different classes: expected a, b"):
        Dataset("digits", {"train": zeros(4), "test": zeros(4, names=("a", "c"))}, ("a", "b"))
    with pytest.raises(DataError, match="image shapes: expected 2×2×1 as in train, got 3×3×1"):
        Dataset("digits", {"train": zeros(4), "test": zeros(4, side=3)}, ("a", "b"))


def test_nothing_in_it_can_be_changed() -> None:
    """Neither fields nor the mapping of splits."""
    data = digits()
    with pytest.raises(AttributeError):
        data.name = "other"  # type: ignore[misc]  # the point of the test
    with pytest.raises(TypeError):
        data.splits["test"] = data.train  # type: ignore[index]  # the point of the test


def test_copies_are_the_same() -> None:
    """By way of pickle and of copy."""
    data = digits()
    for other in (pickle.loads(pickle.dumps(data)), copy.copy(data), copy.deepcopy(data)):
        assert repr(other) == repr(data)
        assert (other.source, other.licence) == ("nobody", "CC0-1.0")
        assert other.content_hash == data.content_hash


def test_the_content_hash_is_what_the_manual_says() -> None:
    """Of the splits' hashes by name; not of names, sources, or the order of splits."""
    data = digits()
    text = f"test {data.test.content_hash}\ntrain {data.train.content_hash}\n"
    assert data.content_hash == hashlib.sha256(text.encode()).hexdigest()
    turned = dict(reversed(list(data.splits.items())))
    assert Dataset("other", turned, ("a", "b")).content_hash == data.content_hash
    swapped = {"train": data.test, "test": data.train}
    assert Dataset("digits", swapped, ("a", "b")).content_hash != data.content_hash


def test_classes_may_be_in_another_split() -> None:
    """Warnings are about all splits together; counts are compared before the labels are read."""
    images = np.zeros((2, 4, 4), np.uint8)
    data = Dataset.from_arrays((images, [0, 1]), (images, [2, 2]))
    assert data.class_names == ("0", "1", "2")
    with pytest.warns(DataWarning, match="class 2 has no images"):
        Dataset.from_arrays((images, [0, 1]), (images, [3, 3]))
    with pytest.raises(DataError, match="a label for each of 2 images, got 65 labels"):
        Dataset.from_arrays((images, np.zeros((65, 3))))
