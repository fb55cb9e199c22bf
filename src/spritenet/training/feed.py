"""Examples that are read while they are learnt from, for data sets larger than memory.

A feed stands where `Examples` stand. Training goes through an epoch once and in order, so what
comes next is known, and is read while the engine is at work.
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
    """Examples that are read in the order in which they are trained on."""

    @abstractmethod
    def __len__(self) -> int:
        """How many there are in an epoch."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """SHA-256, in hex, that differs where images, labels or their order differ."""

    @property
    @abstractmethod
    def max_images(self) -> int:
        """How many images may be asked for at a time."""

    @abstractmethod
    def part(self, seed: int | None, epoch: int, first: int, last: int) -> Examples:
        """The examples at some places of an epoch; they stay as they are until the next call.

        Args:
            seed: of the order; None for the order in which images are stored.
            epoch: counted from 0.
            first: the first place.
            last: the place behind the last.

        Raises:
            DataError: an image can't be read.
        """

    @abstractmethod
    def sample(self, size: int, seed: int) -> Examples:
        """So many examples in memory, picked by the seed; all of them if there are no more."""

    @abstractmethod
    def all(self) -> Examples:
        """All examples in memory, as they are stored."""


class SplitFeed(Feed):
    """A streamed split as examples.

    Args:
        split: where the images are.
        examples: makes examples of images (n h w c) and labels (n), each by itself.
        about: what else enters its identity.
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
            self.close()  # what was taken stays; the next pass begins a new one
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
        """Ends the reading ahead; the next `part` begins it anew."""
        if self._queue is not None:
            self._queue.close()
        self._queue = self._at = None
