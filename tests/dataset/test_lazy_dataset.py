"""A listing: what is known of a data set before its images are read."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spritenet as sn
from sprite_data import data_set, data_sets, same
from spritenet.dataset.lazy_dataset import ArrayImages, Indices, LazyDataset, ReadResult
from spritenet.dataset.load_warnings import LoadWarnings
from spritenet.errors import DataError, InputError
from spritenet.sprites.image_block import read_block, read_dataset


class Counted:
    """Images that are their own numbers; those of `broken` can't be read."""

    threads = True

    def __init__(self, broken: frozenset[int] = frozenset()) -> None:
        self.broken = broken

    def read(self, indices: Indices) -> ReadResult:
        """Reads images of 1×2 pixels."""
        images = np.stack([indices % 256, indices // 256], axis=1).astype(np.uint8)
        unreadable = tuple(
            (row, DataError("broken", where=place))
            for row, place in enumerate(indices.tolist())
            if place in self.broken
        )
        return ReadResult(images.reshape(-1, 1, 2, 1), unreadable)


def listing(
    count: int = 1000, broken: frozenset[int] = frozenset(), train: int = 700
) -> LazyDataset:
    """A listing of such images in two splits; the label is the number modulo 3."""
    labels = (np.arange(count) % 3).astype(np.int32)
    splits = (("train", 0, train), ("test", train, count))
    return LazyDataset("counted", (1, 2, 1), labels, ("a", "b", "c"), splits, Counted(broken))


def numbers(images: np.ndarray[Any, Any]) -> list[int]:
    """The numbers that images are."""
    pixels = images.reshape(-1, 2).astype(int)
    return (pixels[:, 0] + 256 * pixels[:, 1]).tolist()  # type: ignore[no-any-return] # NumPy's list


@given(data_sets())
def test_a_data_set_is_a_listing_and_comes_back(data: sn.Dataset) -> None:
    """The same images in the same memory."""
    made = read_dataset(LazyDataset.from_dataset(data))
    assert same(made, data)
    for name, split in data.splits.items():
        assert np.shares_memory(made[name].images, split.images) or not len(split)


@given(st.lists(st.integers(0, 24), max_size=30))
def test_arrays_give_any_images_in_any_order(wanted: list[int]) -> None:
    """One behind the other, as if they were one array."""
    data = data_set(20, test=5)
    arrays = tuple(split.images for split in data.splits.values())
    together = np.concatenate(arrays)
    places = np.array(wanted, np.int64)
    assert np.array_equal(ArrayImages(arrays).read(places).images, together[places])


@given(
    st.frozensets(st.integers(0, 999), max_size=40),
    st.integers(0, 999),
    st.integers(0, 300),
    st.integers(1, 4),
)
def test_what_can_not_be_read_is_left_out(
    broken: frozenset[int], first: int, count: int, workers: int
) -> None:
    """Labels and splits go with the images that remain, on any number of threads."""
    stop = min(1000, first + count)
    part = read_block(listing(broken=broken), first, stop, workers=workers)
    kept = [number for number in range(first, stop) if number not in broken]
    assert numbers(part.images) == kept
    assert part.labels.tolist() == [number % 3 for number in kept]
    assert [int(error.where) for error in part.left_out] == sorted(
        number for number in broken if first <= number < stop
    )
    for name, low, high in part.splits:
        assert all((number < 700) == (name == "train") for number in kept[low:high])
    assert sum(high - low for _, low, high in part.splits) == len(kept)


def test_strict_raises_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever thread meets another one before."""
    monkeypatch.setattr("spritenet.sprites.image_block.BLOCK_BYTES", 20)
    for _ in range(20):
        with pytest.raises(DataError, match=r"^333: broken"):
            read_block(listing(broken=frozenset({900, 333, 334})), strict=True, workers=4)


def test_nothing_readable_is_an_error() -> None:
    """A data set without images is none."""
    with pytest.raises(DataError, match=r"none of its 5 images can be read: got 0: broken"):
        read_dataset(listing(5, frozenset(range(5)), 3))


def test_images_of_mixed_splits_are_sorted() -> None:
    """Each split keeps its order."""
    labels = np.array([0, 1, 2, 0], np.int32)
    which = np.array([1, 0, 1, 0])
    made = LazyDataset.sorted_by_split(
        "x", (1, 2, 1), labels, "abc", which, ["train", "test"], Counted()
    )
    assert made.splits == (("train", 0, 2), ("test", 2, 4))
    assert made.labels.tolist() == [1, 0, 0, 2]
    assert numbers(read_block(made).images) == [1, 3, 0, 2]


@pytest.mark.parametrize("share", [0.1, 70])
def test_setting_aside_is_what_a_split_does(share: float) -> None:
    """The same images as `Split.split`, and the other splits as they were."""
    made = listing().hold_out("validation", share, seed=5)
    data, whole = read_dataset(made), read_dataset(listing())
    kept, held = whole.train.split(share, seed=5)
    assert data.train.content_hash == kept.content_hash
    assert data["validation"].content_hash == held.content_hash
    assert data.test.content_hash == whole.test.content_hash
    assert list(data.splits) == ["train", "test", "validation"]


def test_splits_that_can_not_be_made_are_refused() -> None:
    """One that is there, one of nothing, one of all."""
    with pytest.raises(InputError, match="there is a split 'test' already"):
        listing().hold_out("test", 0.1)
    with pytest.raises(InputError, match="hold none or all of 700 images"):
        listing().hold_out("validation", 1.0)
    with pytest.raises(InputError, match=r"unknown split 'dev': expected train, test"):
        listing().select(["dev"])
    assert numbers(read_block(listing(10, train=7).select(["test"])).images) == [7, 8, 9]


def test_remarks_are_one_line() -> None:
    """The first few, and how many more."""
    load_warnings = LoadWarnings()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_warnings.warn()
    load_warnings.add([DataError("broken", where=n) for n in range(5)], ["one note"])
    words = (
        r"5 images can't be read and left out: 0: broken; 1: broken; 2: broken; and 2 more\. one"
    )
    with pytest.warns(UserWarning, match=words):
        load_warnings.warn()


def test_arrays_become_a_data_set() -> None:
    """Keras's tuples; classes that only one split has; names."""
    x, y = np.zeros((4, 2, 2), np.uint8), np.array([0, 1, 2, 1])
    data = sn.Dataset.from_arrays((x, y), (x[:2], [3, 4]), validation=(x[:1], y[:1]))
    assert (list(data.splits), len(data.class_names)) == (["train", "validation", "test"], 5)
    named = sn.Dataset.from_arrays((x, ["b", "a", "c", "b"]), (x[:1], ["d"]), name="pets")
    assert (named.name, named.class_names) == ("pets", ("a", "b", "c", "d"))
    assert named.test.labels.tolist() == [3]
