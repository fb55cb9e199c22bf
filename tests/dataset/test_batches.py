"""Batches: the order of training, exactly, in whatever form is asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from spritenet.dataset import Split, batches
from spritenet.errors import InputError
from spritenet.permutation import permutation, step_indices, steps_per_epoch


def numbered(count: int) -> Split:
    """A split whose image i spells i in its four pixels; labels are i modulo 3."""
    numbers = np.arange(count, dtype="<u4")
    pixels = numbers.view(np.uint8).reshape(count, 2, 2, 1)
    return Split(pixels, (numbers % 3).astype(np.int32), ("a", "b", "c"), "train")


def spelt(images: NDArray[np.uint8]) -> list[int]:
    """The numbers of the images of a batch."""
    numbers: list[int] = np.ascontiguousarray(images).reshape(-1).view("<u4").tolist()
    return numbers


@given(
    count=st.integers(1, 60),
    batch_size=st.integers(1, 70),
    seed=st.integers(0, 2**64 - 1),
    epoch=st.integers(0, 5),
    steps=st.integers(0, 30),
)
def test_batches_are_the_steps_of_training(
    count: int, batch_size: int, seed: int, epoch: int, steps: int
) -> None:
    """Step after step, through the ends of epochs, as `order.step_indices` names them."""
    split = numbered(count)
    first = epoch * steps_per_epoch(count, batch_size)
    found = list(split.batches(batch_size, seed=seed, epoch=epoch, steps=steps))
    assert len(found) == steps
    for number, (images, labels) in enumerate(found):
        expected = step_indices(seed, first + number, count, batch_size)
        assert spelt(images) == expected.tolist()
        assert labels.tolist() == (expected % 3).tolist()


@given(count=st.integers(0, 60), batch_size=st.integers(1, 70), drop=st.booleans())
def test_one_epoch_is_the_default(count: int, batch_size: int, drop: bool) -> None:
    """Every image once; or, without the last batch where it is short, all but a few."""
    found = list(numbered(count).batches(batch_size, seed=3, epoch=2, drop_last=drop))
    order = permutation(3, 2, count).tolist() if count else []
    whole = count - count % batch_size if drop else count
    assert [number for images, _ in found for number in spelt(images)] == order[:whole]
    assert all(len(images) == batch_size for images, _ in found[: None if drop else -1])


def test_blocks_of_places_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Indices are worked out so many at a time, in whole batches."""
    monkeypatch.setattr(batches, "BLOCK", 16)
    for batch_size in (3, 5, 16, 17, 40):
        found = [spelt(images) for images, _ in numbered(100).batches(batch_size, seed=1)]
        assert [number for batch in found for number in batch] == permutation(1, 0, 100).tolist()
        assert {len(batch) for batch in found[:-1]} == {batch_size}


def test_without_a_seed_images_come_as_stored() -> None:
    """For looking at, and for testing."""
    found = [spelt(images) for images, _ in numbered(10).batches(4, seed=None)]
    assert found == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_a_batch_is_the_callers_own() -> None:
    """It may be kept or changed: neither the data set nor the next batch feels it."""
    split = numbered(12)
    for seed in (0, None):
        kept = []
        for images, labels in split.batches(5, seed=seed):
            kept.append(images.copy())
            images[:] = 0
            labels[:] = 0
        again = [images for images, _ in split.batches(5, seed=seed)]
        assert all(np.array_equal(a, b) for a, b in zip(kept, again, strict=True))


def test_forms() -> None:
    """uint8 or float32 from 0 to 1, images or rows, class indices or one-hot."""
    split = numbered(9)
    ((pixels, labels),) = split.batches(9, seed=5)
    assert pixels.shape == (9, 2, 2, 1)
    assert pixels.dtype == np.uint8
    assert labels.dtype == np.int32
    for dtype in (np.float32, "float32", np.dtype("float32")):
        ((scaled, targets),) = split.batches(9, seed=5, dtype=dtype, flat=True, one_hot=True)
        assert scaled.dtype == np.float32
        assert np.array_equal(scaled, pixels.reshape(9, 4) / np.float32(255))
        assert np.array_equal(targets, np.eye(3, dtype=np.float32)[labels])
        assert targets.dtype == np.float32


def test_next_takes_a_batch() -> None:
    """As the tutorials' `nextTrainBatch` does."""
    walk = numbered(10).batches(4, seed=0, steps=100)
    assert len(next(walk)[0]) == 4
    assert len(next(walk)[0]) == 4
    assert len(next(walk)[0]) == 2
    assert len(next(walk)[0]) == 4


def test_mistakes_are_told_before_the_first_batch() -> None:
    """Not when a loop has begun somewhere else."""
    split = numbered(10)
    with pytest.raises(InputError, match="batch_size is too small: expected at least 1, got 0"):
        split.batches(0)
    with pytest.raises(InputError, match="epoch is too small"):
        split.batches(4, epoch=-1)
    with pytest.raises(InputError, match="steps is too small"):
        split.batches(4, steps=-1)
    with pytest.raises(InputError, match="unsupported pixel type 'float64': expected uint8"):
        split.batches(4, dtype=np.float64)
    with pytest.raises(InputError, match="unsupported pixel type 'pixels'"):
        split.batches(4, dtype="pixels")
    with pytest.raises(InputError, match="an epoch of 10 images has no batch of 11"):
        split.batches(11, steps=1, drop_last=True)
    with pytest.raises(InputError, match="an epoch of 0 images has no batch"):
        split[:0].batches(4, steps=1)
