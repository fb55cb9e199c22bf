"""The tutorials' loader: every image once an epoch, and batches that go on over its end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import spritenet as sn
from spritenet.permutation import permutation

COUNT = 23
IMAGES = np.arange(COUNT * 4, dtype=np.uint8).reshape(COUNT, 2, 2, 1)
LABELS = (np.arange(COUNT) % 3).astype(np.int32)
NAMES = ("a", "b", "c")
DATA = sn.Dataset(
    "tiny",
    {
        "train": sn.Split(IMAGES[:17], LABELS[:17], NAMES),
        "test": sn.Split(IMAGES[17:], LABELS[17:], NAMES),
    },
    NAMES,
)


@given(st.integers(0, 2**64), st.lists(st.integers(1, 60), min_size=1, max_size=8))
def test_batches_of_any_sizes_are_the_epochs_one_after_the_other(
    seed: int, sizes: list[int]
) -> None:
    """The images do not depend on the batch sizes."""
    data = sn.MnistData(DATA, seed=seed, dtype="uint8", one_hot=False, flat=False)
    batches = [data.next_train_batch(size) for size in sizes]
    total = sum(sizes)
    order = np.concatenate([permutation(seed, epoch, 17) for epoch in range(-(-total // 17))])
    assert [len(batch.xs) for batch in batches] == sizes
    assert np.array_equal(np.concatenate([b.xs for b in batches]), IMAGES[order[:total]])
    assert np.array_equal(np.concatenate([b.labels for b in batches]), LABELS[order[:total]])


def test_every_epoch_has_every_image_in_another_order() -> None:
    """Of both splits, which count for themselves."""
    data = sn.MnistData(DATA, dtype="uint8", one_hot=False)
    first, _, second = data.next_train_batch(17), data.next_test_batch(4), data.next_train_batch(17)
    assert sorted(first.xs[:, 0]) == sorted(second.xs[:, 0]) == sorted(IMAGES[:17, 0, 0, 0])
    assert not np.array_equal(first.xs, second.xs)
    rest = data.next_test_batch(2)
    data.reset()
    assert np.array_equal(data.next_train_batch(17).xs, first.xs)
    assert np.array_equal(data.next_test_batch(6).xs[4:], rest.xs)


def test_forms_are_the_tutorials_unless_others_are_asked_for() -> None:
    """float32 rows from 0 to 1 and one-hot labels; or any of the others; always one's own."""
    xs, labels = sn.MnistData(DATA).next_train_batch(5)
    assert (xs.shape, labels.shape) == ((5, 4), (5, 3))
    assert xs.dtype == labels.dtype == np.float32
    assert xs.max() <= 1
    xs, labels = sn.MnistData(DATA, flat=False, dtype="uint8", one_hot=False).next_batch(5, "test")
    assert (xs.shape, labels.shape) == ((5, 2, 2, 1), (5,))
    assert xs.dtype == np.uint8
    assert labels.dtype == np.int32
    xs[:], labels[:] = 0, 0
    assert IMAGES.any()


def test_the_original_sprite_and_our_own_give_the_same_batches(tmp_path: Path) -> None:
    """From a PNG of rows with one-hot labels, from a sprite, from a data set."""
    Image.fromarray(IMAGES.reshape(COUNT, 4)).save(tmp_path / "sheet.png")
    np.eye(3, dtype=np.uint8)[LABELS].tofile(tmp_path / "labels")
    original = sn.MnistData(
        tmp_path / "sheet.png", image_size="2x2", labels=tmp_path / "labels", train=17
    ).load()
    ours = sn.MnistData(sn.pack(DATA, tmp_path / "ours.png"))
    for size in (5, 30):
        xs, labels = sn.MnistData(DATA).next_train_batch(size)
        for data in (original, ours):
            data.reset()
            batch = data.next_train_batch(size)
            assert np.array_equal(batch.xs, xs)
            assert np.array_equal(batch.labels, labels)


@pytest.mark.parametrize("size", [0, -1])
def test_an_empty_batch_is_refused(size: int) -> None:
    """One line."""
    with pytest.raises(sn.InputError, match="unsupported batch size"):
        sn.MnistData(DATA).next_train_batch(size)
    with pytest.raises(sn.DataError, match="unknown split 'validation'"):
        sn.MnistData(DATA).next_batch(1, "validation")
