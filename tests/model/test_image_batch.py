"""Image batches: what `predict` accepts becomes uint8 n h w c, or an error with the fix."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet.dataset import Dataset
from spritenet.errors import DataError
from spritenet.model.image_batch import array_of, batch_of, image_blocks, is_one

DATA = tiny.images(20)
COLOUR = np.random.default_rng(0).integers(0, 256, (5, 6, 7, 3), np.uint8)
SHAPE = (6, 7, 3)


@pytest.mark.parametrize(
    ("shape", "input_shape", "one"),
    [
        ((8, 8, 1), (8, 8, 1), True),
        ((8, 8), (8, 8, 1), True),
        ((1, 8, 8, 1), (8, 8, 1), False),
        ((8, 8, 8), (8, 8, 1), False),
        ((6, 4, 3), (6, 4, 3), True),
        ((6, 4), (6, 4, 3), False),
    ],
)
def test_one_image_is_told_from_a_batch(
    shape: tuple[int, ...],
    input_shape: tuple[int, int, int],
    one: bool,
) -> None:
    """By its shape alone."""
    assert is_one(shape, input_shape) == one


@pytest.mark.parametrize(
    "form",
    [
        COLOUR,
        COLOUR / 255,
        COLOUR.astype(np.int64),
        COLOUR.reshape(5, -1),
        COLOUR.tolist(),
        np.asfortranarray(COLOUR),
    ],
    ids=range(6),
)
def test_many_forms_are_the_same_pixels(form: Any) -> None:  # noqa: ANN401 - arrays and lists
    """Contiguous, as an engine wants them."""
    batch = batch_of(form, SHAPE)
    assert batch.flags.c_contiguous
    assert batch.dtype == np.uint8
    assert np.array_equal(batch, COLOUR)
    one = form[0] if np.ndim(form) == 4 else form[:1]  # one row could be a row of anything
    assert np.array_equal(batch_of(one, SHAPE), COLOUR[:1])


def test_other_orders_are_refused_with_the_transposition() -> None:
    """For many images and for one; following the advice works."""
    for wrong in (COLOUR.transpose(0, 3, 1, 2), COLOUR[0].transpose(2, 0, 1)):
        with pytest.raises(DataError, match=r"Pass images\.transpose\((.*)\)\.") as caught:
            batch_of(wrong, SHAPE)
        axes = str(caught.value).partition("transpose(")[2].partition(")")[0]
        turned = wrong.transpose([int(axis) for axis in axes.split(",")])
        assert np.array_equal(batch_of(turned, SHAPE), COLOUR[: len(batch_of(turned, SHAPE))])


@pytest.mark.parametrize("shape", [(5, 6, 7), (5, 7, 6, 3), (126,), (5, 125), (0,), ()])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    """With the shape that fits."""
    with pytest.raises(DataError, match=r"6×7×3") as caught:
        batch_of(np.zeros(shape, np.uint8), SHAPE)
    assert "\n" not in str(caught.value)


def test_sources_give_their_images(tmp_path: Path) -> None:
    """Those in memory without a copy; a stream's in blocks that together are all."""
    assert array_of(DATA, DATA.image_shape) is DATA.images
    assert [len(block) for block in image_blocks(DATA, DATA.image_shape)] == [20]
    sn.pack(Dataset("tiny", {"train": DATA}, DATA.class_names), tmp_path / "data.png")
    with sn.open(tmp_path / "data.png") as stream:
        assert np.array_equal(array_of(stream.train, DATA.image_shape), DATA.images)
        blocks = [block.copy() for block in image_blocks(stream.train, DATA.image_shape)]
        assert np.array_equal(np.concatenate(blocks), DATA.images)
        with pytest.raises(DataError, match=r"several splits.*data\.test"):
            array_of(stream, DATA.image_shape)
    with pytest.raises(DataError, match=r"several splits.*got train"):
        array_of(Dataset("tiny", {"train": DATA}, DATA.class_names), DATA.image_shape)


def test_collections_are_read_without_their_labels() -> None:
    """Pairs (image, label), one after the other."""

    def pairs() -> Iterator[tuple[object, int]]:
        yield from zip(DATA.images, DATA.labels.tolist(), strict=True)

    assert np.array_equal(array_of(pairs(), DATA.image_shape), DATA.images)


def test_torchs_images_are_turned_where_they_fit_so() -> None:
    """Channels first, for many and for one; a note says it once."""
    torch = pytest.importorskip("torch")
    first = torch.tensor(COLOUR.transpose(0, 3, 1, 2).copy())
    with pytest.warns(sn.DataWarning, match="channels first"):
        assert np.array_equal(array_of(first, SHAPE), COLOUR)
    with pytest.warns(sn.DataWarning, match="channels first"):
        assert np.array_equal(array_of(first[0], SHAPE), COLOUR[0])
    assert np.array_equal(array_of(torch.tensor(COLOUR), SHAPE), COLOUR)
