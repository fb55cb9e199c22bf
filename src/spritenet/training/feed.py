"""Feed: examples that are read while training on them, for data sets larger than memory.

A feed replaces `Examples`. Training reads an epoch once and in order, so the next examples are
known, and are prefetched while the engine computes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from spritenet.dataset.streamed import ImageQueue, StreamSource
from spritenet.engines.engine import Examples
from spritenet.permutation import permutation

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Feed", "SplitFeed"]


class Feed(ABC):
    """Examples that are read in the order of training."""

    @abstractmethod
    def __len__(self) -> int:
        """The number of examples in an epoch."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """A SHA-256, in hex, of images, labels and their order."""

    @property
    @abstractmethod
    def max_images(self) -> int:
        """The largest number of images in one call of `part`."""

    @abstractmethod
    def part(self, seed: int | None, epoch: int, first: int, last: int) -> Examples:
        """Returns a range of an epoch's examples, valid until the next call.

        Args:
            seed: of the permutation; None for the order in which images are stored.
            epoch: counted from 0.
            first: the first position.
            last: the position after the last.

        Raises:
            DataError: an image can't be read.
        """

    @abstractmethod
    def sample(self, size: int, seed: int) -> Examples:
        """Returns up to `size` random examples in memory, picked by the seed."""

    @abstractmethod
    def all(self) -> Examples:
        """Returns all examples in memory, in the order in which they are stored."""


class SplitFeed(Feed):
    """The examples of a streamed split.

    Args:
        split: the source of the images.
        examples: converts images (n h w c) and labels (n) to examples, each image by itself.
        about: a text that is hashed into the identity too.
    """

    def __init__(
        self,
        split: StreamSource,
        examples: Callable[[NDArray[np.uint8], NDArray[np.int32]], Examples],
        about: str = "",
    ) -> None:
        self._about = about
        self.split = split
        self._examples = examples
        self._queue: ImageQueue | None = None
        self._at: tuple[int | None, int, int] | None = None

    def __len__(self) -> int:
        return len(self.split)

    @property
    def identity(self) -> str:
        """See `Feed.identity`."""
        known = self.split.identity
        return sha256(f"{known} {self._about}".encode()).hexdigest() if self._about else known

    @property
    def max_images(self) -> int:
        """See `Feed.max_images`."""
        return self.split.max_images

    def part(self, seed: int | None, epoch: int, first: int, last: int) -> Examples:
        """See `Feed.part`."""
        if self._queue is None or self._at != (seed, epoch, first):
            self.close()
            self._queue = self.split.queue(seed, epoch, first)
        images, labels = self._queue.take(last - first)
        self._at = (seed, epoch, last)
        if last == len(self) and seed is None:
            self.close()  # images already read stay valid; the next pass opens a new queue
        elif last == len(self):
            self._at = (seed, epoch + 1, 0)
        return self._examples(images, labels)

    def sample(self, size: int, seed: int) -> Examples:
        """See `Feed.sample`."""
        size = min(size, len(self))
        return self._at_places(np.sort(permutation(seed, 0, len(self), 0, size)))

    def all(self) -> Examples:
        """See `Feed.all`."""
        return self._at_places(np.arange(len(self)))

    def _at_places(self, places: NDArray[np.int64]) -> Examples:
        return self._examples(self.split.images_at(places), self.split.labels_at(places))

    def close(self) -> None:
        """Stops prefetching; the next call of `part` starts it again."""
        if self._queue is not None:
            self._queue.close()
        self._queue = self._at = None
