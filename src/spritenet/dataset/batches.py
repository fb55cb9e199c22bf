"""Batches of images in memory, in the order of training.

Indices come from `spritenet.permutation`, a block of whole batches at a time. Each batch is
gathered into a new array, so it may be kept or changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from spritenet.dataset.multi_label import Labels, is_multi_label
from spritenet.errors import InputError
from spritenet.permutation import permutation

__all__ = ["Batch", "batches", "convert_batch", "pixel_type"]

BLOCK = 1 << 15  # indices of an epoch computed at a time: 0.25 MiB

PixelType = Literal["uint8", "float32"]
Batch = tuple[NDArray[Any], NDArray[Any]]


def batches(
    images: NDArray[np.uint8],
    labels: Labels,
    batch_size: int,
    *,
    seed: int | None,
    epoch: int,
    steps: int | None,
    drop_last: bool,
) -> Iterator[tuple[NDArray[np.uint8], Labels]]:
    """Yields `steps` batches, over as many epochs as needed; or one epoch if `steps` is None.

    Args:
        images: n h w c, C-contiguous.
        labels: n, or n k.
        batch_size: at least 1; an epoch's last batch may be smaller.
        seed: of the shuffling; None for stored order.
        epoch: the first epoch.
        steps: the number of batches; an epoch must have at least one.
        drop_last: leave out an epoch's last batch if it is smaller.
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
    labels: Labels,
    batch_size: int,
    seed: int | None,
    epoch: int,
    *,
    drop_last: bool,
) -> Iterator[tuple[NDArray[np.uint8], Labels]]:
    size = len(images)
    end = size - size % batch_size if drop_last else size
    rows = max(1, BLOCK // batch_size) * batch_size
    for start in range(0, end, rows):
        stop = min(start + rows, end)
        if seed is None:
            block = np.arange(start, stop)
        else:
            block = permutation(seed, epoch, size, start, stop)
        # "clip" only skips NumPy's check of the indices, which are right: a third faster.
        block_labels = labels.take(block, 0, mode="clip")
        for first in range(0, stop - start, batch_size):
            last = first + batch_size
            yield images.take(block[first:last], 0, mode="clip"), block_labels[first:last]


def convert_batch(
    images: NDArray[np.uint8],
    labels: Labels,
    classes: int,
    *,
    dtype: PixelType,
    one_hot: bool,
    flat: bool,
) -> Batch:
    """Converts the data type of images and the shapes of images and labels.

    Args:
        images: n h w c.
        labels: class indices, n, or multi-label rows, n k.
        classes: the number of classes.
        dtype: "float32" divides pixels by 255, so they are 0 to 1.
        one_hot: convert labels to float32 rows (n classes).
        flat: reshape images to rows (n h·w·c).
    """
    pixels: NDArray[Any] = images if dtype == "uint8" else np.divide(images, np.float32(255))
    if flat:
        pixels = pixels.reshape(len(pixels), math.prod(images.shape[1:]))
    if not one_hot:
        return pixels, labels
    if is_multi_label(labels):
        return pixels, labels.astype(np.float32)
    targets = np.zeros((len(labels), classes), np.float32)
    targets[np.arange(len(labels)), labels] = 1
    return pixels, targets


def pixel_type(dtype: DTypeLike) -> PixelType:
    """Returns "uint8" or "float32" for any spelling of the type; InputError for others."""
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = str(dtype)
    if name == "uint8":
        return "uint8"
    if name == "float32":
        return "float32"
    raise InputError(f"unsupported pixel type {name!r}", expected="uint8 or float32")
