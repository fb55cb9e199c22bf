"""BalancedBatches: a training set of which each class is drawn equally often.

Places are counted on from epoch to epoch, in blocks of as many places as there are classes. A block
has each class once, in a random order; the images of a class come in one permutation after the
other. So the image at any place of any epoch follows from the seed alone: nothing is drawn twice
after a resumption, all images of a large class are drawn before one is drawn again, and at no
moment has a class been drawn more than once more than another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet.dataset.source import Indices, stored_blocks
from spritenet.errors import DataError
from spritenet.permutation import epoch_key, permutation
from spritenet.training.batch_source import BatchSource, MemoryBatches, SourceBatches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.engines.engine import Examples

__all__ = ["BalancedBatches", "BalancedOrder", "balanced"]

CHUNK = 1 << 15
"""Places whose images are computed together."""

FEW = 1 << 12
"""Images of a class whose permutations are computed together."""

READ = 1 << 12
"""Images copied at a time."""

GOLDEN, SPLITMIX = 0x9E3779B97F4A7C15, (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
"""Of splitmix64 (Steele, Lea and Flood, 2014)."""

ORDERS = 2**63
"""The epoch whose key orders the classes of blocks; those of images are the classes' numbers."""


class BalancedOrder:
    """The image at each place, counted over all epochs.

    Args:
        labels: the class of each image, (n,).
        seed: any integer.
    """

    def __init__(self, labels: NDArray[np.integer], seed: int) -> None:
        self._members = [np.flatnonzero(labels == one) for one in np.unique(labels)]
        self._keys = [epoch_key(seed, number) for number in range(len(self._members))]
        self._order_key = epoch_key(seed, ORDERS)
        self._chunk: tuple[int, Indices] = (-1, np.empty(0, np.int64))

    def __call__(self, first: int, last: int) -> Indices:
        """Returns the images at the places `first` to `last`, int64."""
        parts = []
        while first < last:
            number, start = divmod(first, CHUNK)
            if self._chunk[0] != number:
                self._chunk = number, self._images(number * CHUNK, (number + 1) * CHUNK)
            end = min(CHUNK, start + last - first)
            parts.append(self._chunk[1][start:end])
            first += end - start
        return np.concatenate([np.empty(0, np.int64), *parts])

    def _images(self, first: int, last: int) -> Indices:
        """Returns the images at places that need not be computed together with others."""
        classes = len(self._members)
        start, stop = first // classes, -(-last // classes)
        columns = [self._drawn(number, start, stop) for number in range(classes)]
        order = _permutations(self._order_key, start, stop, classes)
        images = np.take_along_axis(np.stack(columns, axis=1), order, axis=1).reshape(-1)
        return images[first - start * classes : last - start * classes]

    def _drawn(self, number: int, start: int, stop: int) -> Indices:
        """Returns the images of a class in the blocks `start` to `stop`."""
        members, key, parts = self._members[number], self._keys[number], []
        size = len(members)
        if size <= FEW:
            first = start // size
            drawn = _permutations(key, first, -(-stop // size), size).reshape(-1)
            return np.asarray(members[drawn[start - first * size : stop - first * size]])
        while start < stop:
            cycle, place = divmod(start, size)
            end = min(size, place + stop - start)
            parts.append(permutation(key, cycle, size, place, end))
            start += end - place
        return np.asarray(members[np.concatenate(parts)])


class BalancedBatches:
    """A training set of which each class is drawn equally often; see `BatchSource`.

    An epoch has as many places as the training set has images. Images of small classes come
    several times, and some of large classes in a later epoch.

    Args:
        source: the training set.
        labels: the class of each of its images, (n,).
    """

    def __init__(self, source: MemoryBatches | SourceBatches, labels: NDArray[np.integer]) -> None:
        self._source, self._labels = source, labels
        self._seed: int | None = None
        self._order = BalancedOrder(labels, 0)

    def __len__(self) -> int:
        return len(self._source)

    @property
    def identity(self) -> str:
        """That of the training set."""
        return self._source.identity

    @property
    def resident(self) -> bool:
        """False: the engine can't draw images itself."""
        return False

    @property
    def max_images(self) -> int:
        """See `BatchSource.max_images`."""
        return min(READ, self._source.max_images)

    def read(self, seed: int | None, epoch: int, first: int, last: int) -> tuple[Examples, Indices]:
        """See `BatchSource.read`."""
        if seed is None:
            return self._source.read(seed, epoch, first, last)
        if seed != self._seed:
            self._seed, self._order = seed, BalancedOrder(self._labels, seed)
        before = epoch * len(self)
        chosen = self._order(before + first, before + last)
        return self._source.take(chosen), np.arange(last - first, dtype=np.int64)

    def stored(self, first: int, last: int) -> Examples:
        """See `BatchSource.stored`."""
        return self._source.stored(first, last)

    def sample(self, size: int, seed: int) -> Examples:
        """See `BatchSource.sample`."""
        return self._source.sample(size, seed)

    def in_memory(self, most: int, seed: int) -> Examples:
        """See `BatchSource.in_memory`."""
        return self._source.in_memory(most, seed)

    def all(self) -> Examples:
        """See `BatchSource.all`."""
        return self._source.all()


def balanced(source: BatchSource) -> BalancedBatches:
    """Returns a training set of which each class is drawn equally often.

    Raises:
        DataError: an image has no class, or several, or is read in an order of its own.
    """
    if isinstance(source, SourceBatches):
        labels: NDArray[np.integer] | None = getattr(source.source, "labels", None)
        if labels is None:  # images are read only if the source knows its labels no other way
            labels = np.concatenate([each for _, each in stored_blocks(source.source)])
        return BalancedBatches(source, labels)
    if not isinstance(source, MemoryBatches):
        raise DataError(
            "batches that are read in order can't be drawn by class",
            where="sampling",
            do="Train on a Split, arrays or a Stream.",
        )
    examples = source.examples
    if examples.labels is not None:
        return BalancedBatches(source, examples.labels)
    targets = examples.targets
    if targets is None or targets.shape[1] != 1 or not np.isin(targets, (0, 1)).all():
        raise DataError(
            "balanced sampling needs one class for each image",
            where="sampling",
            expected="labels, one-hot rows, or 0 and 1 for one output",
            got="numbers, or several labels an image",
            do="Use class_weight, or leave sampling out.",
        )
    return BalancedBatches(source, targets[:, 0].astype(np.int32))


def _permutations(key: int, first: int, last: int, size: int) -> Indices:
    """Returns the permutations number `first` to `last` of a key, int64 (last - first, size)."""
    places = np.arange(first * size, last * size, dtype=np.uint64)
    words = _mixed(places * np.uint64(GOLDEN) + np.uint64(key))
    return np.asarray(np.argsort(words.reshape(-1, size), axis=1, kind="stable"))


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Splitmix64's finaliser, of each word."""
    words = words ^ (words >> np.uint64(30))
    words = words * np.uint64(SPLITMIX[0])
    words = words ^ (words >> np.uint64(27))
    words = words * np.uint64(SPLITMIX[1])
    return words ^ (words >> np.uint64(31))
