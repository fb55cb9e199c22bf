"""Source: the protocol of labelled images, in memory, in files or in a stream."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Indices", "Source"]

Indices = NDArray[np.int64]
"""Numbers of images, counted from 0 in stored order."""


@runtime_checkable
class Source(Protocol):
    """The labelled images of one split.

    `Split` holds them in memory, `LazySplit` reads them from files, `StreamSplit` fetches them.
    Code that only needs some images at a time takes a `Source` and works with all three.
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

    def take(self, indices: Indices) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """Returns some images (n h w c) and their labels (n), in the order of the indices.

        Args:
            indices: int64, n; each at least 0 and below the number of images.

        Raises:
            DataError: an image can't be read.
        """
        ...
