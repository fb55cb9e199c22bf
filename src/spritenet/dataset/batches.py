"""A split in batches, in exactly the order in which training sees it.

Indices come from `order.permutation`, a block of whole batches at a time; pixels are gathered by
index into a fresh array a batch, so that a batch may be kept or changed. Nothing else is stored.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from spritenet.errors import InputError
from spritenet.permutation import permutation

__all__ = ["Batch", "PixelType", "batches", "pixel_type", "presented"]

PLACES = 1 << 15  # places of an epoch worked out at a time: 0.25 MiB of indices

PixelType = Literal["uint8", "float32"]
Batch = tuple[NDArray[Any], NDArray[Any]]


def batches(
    images: NDArray[np.uint8],
    labels: NDArray[np.int32],
    batch_size: int,
    *,
    seed: int | None,
    epoch: int,
    steps: int | None,
    drop_last: bool,
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int32]]]:
    """Yields `steps` batches, epoch after epoch; or those of one epoch, where that is None.

    Args:
        images: n h w c, C-contiguous.
        labels: n.
        batch_size: at least 1; an epoch's last batch has what remains.
        seed: of the order; None for the order in which images are stored.
        epoch: the first epoch.
        steps: how many; there must be a batch in an epoch.
        drop_last: leave out batches that are not full.
    """
    if steps is None:
        yield from _epoch(images, labels, batch_size, seed, epoch, drop_last=drop_last)
        return
    while steps > 0:
        one = _epoch(images, labels, batch_size, seed, epoch, drop_last=drop_last)
        for batch in islice(one, steps):
            yield batch
            steps -= 1
        epoch += 1


def _epoch(
    images: NDArray[np.uint8],
    labels: NDArray[np.int32],
    batch_size: int,
    seed: int | None,
    epoch: int,
    *,
    drop_last: bool,
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int32]]]:
    size = len(images)
    end = size - size % batch_size if drop_last else size
    places = max(1, PLACES // batch_size) * batch_size
    for start in range(0, end, places):
        stop = min(start + places, end)
        if seed is None:
            block = np.arange(start, stop)
        else:
            block = permutation(seed, epoch, size, start, stop)
        # "clip" only skips NumPy's check of the indices, which are right: a third faster.
        block_labels = labels.take(block, mode="clip")
        for first in range(0, stop - start, batch_size):
            last = first + batch_size
            yield images.take(block[first:last], 0, mode="clip"), block_labels[first:last]


def presented(
    images: NDArray[np.uint8],
    labels: NDArray[np.int32],
    classes: int,
    *,
    dtype: PixelType,
    one_hot: bool,
    flat: bool,
) -> Batch:
    """Images and labels in the form asked for.

    Args:
        images: n h w c.
        labels: n, class indices.
        classes: how many classes there are.
        dtype: "float32" divides pixels by 255, so they are 0 to 1.
        one_hot: labels become float32 rows (n classes).
        flat: images become rows (n h·w·c).
    """
    shown: NDArray[Any] = images if dtype == "uint8" else np.divide(images, np.float32(255))
    if flat:
        shown = shown.reshape(len(shown), math.prod(images.shape[1:]))
    if not one_hot:
        return shown, labels
    targets = np.zeros((len(labels), classes), np.float32)
    targets[np.arange(len(labels)), labels] = 1
    return shown, targets


def pixel_type(dtype: DTypeLike) -> PixelType:
    """The name "uint8" or "float32", however it is written; InputError for others."""
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = str(dtype)
    if name == "uint8":
        return "uint8"
    if name == "float32":
        return "float32"
    raise InputError("pixels don't come in this type", expected="uint8 or float32", got=name)
