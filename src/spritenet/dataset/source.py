"""Source: the protocol of labelled images, in memory, in files or in a stream."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Protocol, TypeGuard, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.multi_label import Labels

__all__ = [
    "ImageQueue",
    "Indices",
    "Source",
    "StreamSource",
    "has_several_labels",
    "is_source",
    "max_images",
    "stored_blocks",
    "training_split",
]

READ_BYTES = 16 << 20
"""Bytes of images read at a time from a source that sets no limit itself."""

Indices = NDArray[np.int64]
"""Numbers of images, counted from 0 in stored order."""


@runtime_checkable
class Source(Protocol):
    """The labelled images of one split.

    `Split` holds them in memory, `LazySplit` reads them from files, `StreamSplit` fetches them.
    Code that only needs some images at a time takes a `Source` and works with all three; a model
    trains on any object with these members.
    """

    @property
    def name(self) -> str:
        """The name of the split, such as "train"."""
        ...

    @property
    def class_names(self) -> tuple[str, ...]:
        """The name of each class, in order."""
        ...

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each image."""
        ...

    @property
    def identity(self) -> str:
        """A SHA-256, in hex, of the content: equal for equal images, labels and order."""
        ...

    def __len__(self) -> int:
        """The number of images."""
        ...

    def take(self, indices: Indices) -> tuple[NDArray[np.uint8], Labels]:
        """Returns some images (n h w c) and their labels (n), in the order of the indices.

        A multi-label source returns rows (n, k), and has an `is_multi_label` that is True.

        Args:
            indices: int64, n; each at least 0 and below the number of images.

        Raises:
            DataError: an image can't be read.
        """
        ...


class ImageQueue(Protocol):
    """Images in a fixed order, prefetched in the background."""

    def take(self, count: int) -> tuple[NDArray[np.uint8], Labels]:
        """Returns the next images (n h w c) and labels (n), valid until the next call.

        Raises:
            DataError: an image can't be read.
        """
        ...

    def close(self) -> None:
        """Stops prefetching."""
        ...


class StreamSource(Source, Protocol):
    """A source that prefetches images in training's order, in bounded memory."""

    @property
    def max_images(self) -> int:
        """The largest number of images to take at a time, so that memory stays bounded."""
        ...

    def queue(self, seed: int | None, epoch: int = 0, place: int = 0) -> ImageQueue:
        """Returns the images in training's order, epoch after epoch.

        Args:
            seed: of the shuffling; None for one pass in stored order.
            epoch: the first epoch.
            place: the position of the first image in it.
        """
        ...


def is_source(value: object) -> TypeGuard[Source]:
    """Returns True if an object has the members of a `Source`. No image is read for it."""
    return callable(getattr(value, "take", None)) and all(
        hasattr(value, name) for name in ("image_shape", "class_names", "name")
    )


def has_several_labels(source: object) -> bool:
    """Returns True for a multi-label source: its labels are rows (n, k) of 0 and 1."""
    return bool(getattr(source, "is_multi_label", False))


def training_split(data: object) -> object:
    """Returns the training split of a data set or a stream; any other object unchanged."""
    train = getattr(data, "train", None)
    return train if is_source(train) else data


def max_images(source: Source) -> int:
    """Returns the number of images to read from a source at a time."""
    own: int | None = getattr(source, "max_images", None)
    return own or max(1, READ_BYTES // prod(source.image_shape))


def stored_blocks(source: Source) -> Iterator[tuple[NDArray[np.uint8], Labels]]:
    """Yields all images (n h w c) and labels (n) in stored order, in bounded memory.

    Each block is valid until the next one.
    """
    size, most = len(source), max_images(source)
    open_queue = getattr(source, "queue", None)
    queue: ImageQueue | None = None if open_queue is None else open_queue(None)
    try:
        for first in range(0, size, most):
            last = min(first + most, size)
            if queue is None:
                yield source.take(np.arange(first, last, dtype=np.int64))
            else:
                yield queue.take(last - first)
    finally:
        if queue is not None:
            queue.close()
