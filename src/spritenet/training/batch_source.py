"""Batch sources: the examples of a training, in memory or read while it runs.

Training reads an epoch once and in order, so a source of files or of a stream can prefetch.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from spritenet.dataset.multi_label import Labels
from spritenet.dataset.source import ImageQueue, Indices, Source, max_images
from spritenet.engines.engine import Examples
from spritenet.permutation import permutation

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BatchSource", "MemoryBatches", "SourceBatches"]


class BatchSource(Protocol):
    """The examples of a training set or a validation set.

    `MemoryBatches` holds them, `SourceBatches` reads them from a `Source`, and `GeneratorBatches`
    takes them from an iterable of batches. The training loop works with all three.
    """

    @property
    def identity(self) -> str:
        """A SHA-256, in hex, of images, targets, weights and their order."""
        ...

    @property
    def resident(self) -> bool:
        """True if all examples are in memory, so that the engine can shuffle them itself."""
        ...

    @property
    def max_images(self) -> int:
        """The largest number of images in one call of `read` or `stored`."""
        ...

    def __len__(self) -> int:
        """The number of examples in an epoch."""
        ...

    def read(self, seed: int | None, epoch: int, first: int, last: int) -> tuple[Examples, Indices]:
        """Returns examples, and the indices among them of the positions `first` to `last`.

        Both are valid until the next call.

        Args:
            seed: of the permutation; None for stored order.
            epoch: counted from 0.
            first: the first position in the epoch.
            last: the position after the last one.

        Raises:
            DataError: an image can't be read.
        """
        ...

    def stored(self, first: int, last: int) -> Examples:
        """Returns a range of the examples in stored order, valid until the next call."""
        ...

    def sample(self, size: int, seed: int) -> Examples:
        """Returns up to `size` random examples, picked by the seed, in stored order."""
        ...

    def in_memory(self, most: int, seed: int) -> Examples:
        """Returns all examples if they are resident, else a sample of `most`."""
        ...

    def all(self) -> Examples:
        """Returns all examples in stored order."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class MemoryBatches:
    """Examples in memory.

    Attributes:
        examples: all of them.
        source: the source with these images and labels, whose identity may be known already; None
            if there is none.
    """

    examples: Examples
    source: Source | None = None

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def identity(self) -> str:
        """`Split.content_hash` of images with labels; targets and weights are hashed after them."""
        examples = self.examples
        extra = [array for array in (examples.targets, examples.weights) if array is not None]
        if self.source is not None and not extra:
            return self.source.identity
        from hashlib import sha256  # only here: OpenSSL takes a while to load

        digest = sha256(" ".join(map(str, examples.images.shape)).encode() + b"\n")
        digest.update(np.ascontiguousarray(examples.images).data)
        if examples.labels is not None:
            digest.update(examples.labels.astype("<i4").data)
        for array in extra:
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    @property
    def resident(self) -> bool:
        """See `BatchSource.resident`."""
        return True

    @property
    def max_images(self) -> int:
        """See `BatchSource.max_images`."""
        return sys.maxsize

    def read(self, seed: int | None, epoch: int, first: int, last: int) -> tuple[Examples, Indices]:
        """See `BatchSource.read`."""
        return self.examples, _positions(seed, epoch, len(self), first, last)

    def take(self, indices: Indices) -> Examples:
        """Returns copies of the examples at some indices."""
        return self.examples[indices]

    def stored(self, first: int, last: int) -> Examples:
        """See `BatchSource.stored`."""
        return self.examples[first:last]

    def sample(self, size: int, seed: int) -> Examples:
        """See `BatchSource.sample`."""
        if size >= len(self):
            return self.examples
        return self.examples[np.sort(permutation(seed, 0, len(self), 0, size))]

    def in_memory(self, most: int, seed: int) -> Examples:
        """See `BatchSource.in_memory`."""
        del most, seed
        return self.examples

    def all(self) -> Examples:
        """See `BatchSource.all`."""
        return self.examples


@dataclass(slots=True, eq=False)
class SourceBatches:
    """The examples of a source, prefetched if it is a `StreamSource`.

    Attributes:
        source: reads the images.
        encode: converts images (n h w c) and labels (n) to examples, each image by itself.
        about: a text hashed into the identity: everything else that the examples depend on.
    """

    source: Source
    encode: Callable[[NDArray[np.uint8], Labels], Examples]
    about: str = ""
    _queue: ImageQueue | None = field(default=None, init=False)
    _next: tuple[int | None, int, int] | None = field(default=None, init=False)

    def __len__(self) -> int:
        return len(self.source)

    @property
    def identity(self) -> str:
        """See `BatchSource.identity`. Of a stream no pixels are read for it."""
        known = self.source.identity
        if not self.about:
            return known
        from hashlib import sha256

        return sha256(f"{known} {self.about}".encode()).hexdigest()

    @property
    def resident(self) -> bool:
        """See `BatchSource.resident`."""
        return False

    @property
    def max_images(self) -> int:
        """See `BatchSource.max_images`."""
        return max_images(self.source)

    def read(self, seed: int | None, epoch: int, first: int, last: int) -> tuple[Examples, Indices]:
        """See `BatchSource.read`."""
        open_queue = getattr(self.source, "queue", None)
        if open_queue is None:
            taken = self.source.take(_positions(seed, epoch, len(self), first, last))
            return self.encode(*taken), np.arange(last - first, dtype=np.int64)
        if self._queue is None or self._next != (seed, epoch, first):
            self.close()
            self._queue = open_queue(seed, epoch, first)
        images, labels = self._queue.take(last - first)
        self._next = (seed, epoch, last)
        if last == len(self) and seed is None:
            self.close()  # images already read stay valid; the next pass opens a new queue
        elif last == len(self):
            self._next = (seed, epoch + 1, 0)
        return self.encode(images, labels), np.arange(last - first, dtype=np.int64)

    def take(self, indices: Indices) -> Examples:
        """Returns the examples at some indices."""
        return self.encode(*self.source.take(indices))

    def stored(self, first: int, last: int) -> Examples:
        """See `BatchSource.stored`."""
        return self.read(None, 0, first, last)[0]

    def sample(self, size: int, seed: int) -> Examples:
        """See `BatchSource.sample`."""
        size = min(size, len(self))
        return self.encode(*self.source.take(np.sort(permutation(seed, 0, len(self), 0, size))))

    def in_memory(self, most: int, seed: int) -> Examples:
        """See `BatchSource.in_memory`."""
        return self.sample(most, seed)

    def all(self) -> Examples:
        """See `BatchSource.all`."""
        return self.encode(*self.source.take(np.arange(len(self), dtype=np.int64)))

    def close(self) -> None:
        """Stops prefetching; the next call of `read` starts it again."""
        if self._queue is not None:
            self._queue.close()
        self._queue = self._next = None


def _positions(seed: int | None, epoch: int, size: int, first: int, last: int) -> Indices:
    """Returns the indices of a range of an epoch's positions."""
    if seed is None:
        return np.arange(first, last, dtype=np.int64)
    return permutation(seed, epoch, size, first, last)
