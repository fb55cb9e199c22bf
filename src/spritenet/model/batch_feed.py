"""BatchFeed: batches that somebody else makes, read in order while they are trained on.

They can't be asked for by their number, and aren't known to be the same when they are read again.
So there is no shuffling, and no run can be resumed; each epoch reads on where the one before ended.
What can be gone through again, a DataLoader or a tf.data.Dataset, begins anew when it has ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.engines.engine import Examples
from spritenet.errors import DataError
from spritenet.model.collection_reader import class_names, elements, split_element
from spritenet.model.image_collector import ImageCollector
from spritenet.permutation import permutation
from spritenet.training.feed import Feed

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BatchFeed", "BatchStream"]

MOST_KEPT, MOST_KEPT_BYTES = 20_000, 64 << 20
"""Images that stay in memory, to be looked at when the training ends."""

Block = tuple["NDArray[np.uint8]", "NDArray[Any] | None", "NDArray[Any] | None"]
"""Images n h w c, what they mean, and a factor for each."""


class BatchStream:
    """Images with what they mean, as something gives them, in order and without an end.

    Args:
        source: a generator, or what can be gone through again and again.

    Attributes:
        class_names: of the labels; empty if the source doesn't know.
        batch_size: images in the first batch.
        image_shape: height, width, channels.

    Raises:
        DataError: it gives no images.
    """

    def __init__(self, source: object) -> None:
        self.name = type(source).__name__
        self._source = source
        self._collector = ImageCollector(self.name)
        self._elements = elements(source)
        self.class_names = class_names(source)
        self._blocks: list[Block] = []
        self._ready = self._read = 0
        self._more()
        images = self._blocks[0][0]
        self.batch_size = self._collector.batch_size or 0
        _, height, width, channels = images.shape
        self.image_shape = height, width, channels

    def peek(self) -> Block:
        """The images that come next, as many as are there."""
        if not self._ready:
            self._more()
        return self._blocks[0]

    def take(self, count: int) -> Block:
        """The next images.

        Raises:
            DataError: there are no more.
        """
        while self._ready < count:
            self._more()
        taken: list[Block] = []
        left = count
        while left:
            block = self._blocks.pop(0)
            size = len(block[0])
            if size > left:
                self._blocks.insert(0, _cut(block, left, size))
                block = _cut(block, 0, left)
            taken.append(block)
            left -= len(block[0])
        self._ready -= count
        return _joined(taken)

    def _more(self) -> None:
        """Read one item or batch more."""
        element = next(self._elements, None)
        if element is None and self._read and not isinstance(self._source, Iterator):
            self._elements = elements(self._source)  # from its beginning
            element = next(self._elements, None)
        if element is None:
            raise DataError(
                f"it ended after {self._read:,} items or batches" if self._read else "it is empty",
                where=self.name,
                expected="steps_per_epoch batches for each epoch",
                do="Give one that goes on, or fewer steps. The weights so far are kept."
                if self._read
                else "",
            )
        self._read += 1
        self._collector.add(*split_element(element, self._source))
        block = self._collector.arrays()
        self._blocks.append(block)
        self._ready += len(block[0])


class BatchFeed(Feed):
    """A stream of batches as examples.

    Args:
        stream: where they come from.
        length: images in an epoch.
        max_images: images in a step.
        examples: makes examples of a block.
    """

    def __init__(
        self,
        stream: BatchStream,
        length: int,
        max_images: int,
        examples: Callable[[Block], Examples],
    ) -> None:
        self._stream = stream
        self._length = length
        self._at_a_time = max_images
        self._examples = examples
        self._begin: int | None = None
        self._held: Block | None = None
        self._start = self._end = 0
        self._kept: list[Block] = []
        self._kept_images = self._kept_bytes = 0

    def __len__(self) -> int:
        return self._length

    @property
    def identity(self) -> str:
        """SHA-256, in hex, of the first batch: the others aren't known before they are read."""
        images, labels, _ = self._stream.peek()
        digest = hashlib.sha256(f"batches of {self._stream.name} {images.shape}\n".encode())
        digest.update(np.ascontiguousarray(images).data)
        digest.update(b"" if labels is None else repr(labels.tolist()).encode())
        return digest.hexdigest()

    @property
    def max_images(self) -> int:
        """See `Feed.max_images`."""
        return self._at_a_time

    def part(self, seed: int | None, epoch: int, first: int, last: int) -> Examples:
        """The next examples. The seed changes nothing.

        Raises:
            DataError: there are no more, or they have been read.
        """
        del seed
        place = epoch * self._length + first
        if self._begin is None:
            self._begin = place
        place -= self._begin
        count = last - first
        if place == self._end:
            block = self._stream.take(count)
            self._keep(block)
        elif self._held is not None and self._start <= place and place + count == self._end:
            block = _cut(self._held, place - self._start, len(self._held[0]))
        elif self._held is not None and self._start <= place < self._end:
            rest = self._stream.take(place + count - self._end)
            block = _joined([_cut(self._held, place - self._start, len(self._held[0])), rest])
        else:
            raise DataError("batches that were read can't be read again", where=self._stream.name)
        self._held, self._start, self._end = block, place, place + count
        return self._examples(block)

    def sample(self, size: int, seed: int) -> Examples:
        """So many of those read first, picked by the seed."""
        block = _joined(self._kept) if self._kept else self._stream.peek()
        count = len(block[0])
        if size < count:
            block = _at(block, np.sort(permutation(seed, 0, count, 0, size)))
        return self._examples(block)

    def all(self) -> Examples:
        """Those read first."""
        return self.sample(MOST_KEPT, 0)

    def _keep(self, block: Block) -> None:
        """Keep the first blocks to be looked at later."""
        images = block[0]
        if self._kept_images < MOST_KEPT and self._kept_bytes + images.nbytes <= MOST_KEPT_BYTES:
            self._kept.append(block)
            self._kept_images += len(images)
            self._kept_bytes += images.nbytes


def _at(block: Block, which: slice | NDArray[np.int64]) -> Block:
    images, labels, weights = block
    return (
        images[which],
        None if labels is None else labels[which],
        None if weights is None else weights[which],
    )


def _cut(block: Block, first: int, last: int) -> Block:
    return _at(block, slice(first, last))


def _joined(blocks: list[Block]) -> Block:
    """Blocks as one.

    Raises:
        DataError: some have no labels or weights, or of another shape.
    """
    if len(blocks) == 1:
        return blocks[0]
    images = np.concatenate([block[0] for block in blocks])
    labels, weights = [block[1] for block in blocks], [block[2] for block in blocks]
    try:
        return images, _concatenated(labels), _concatenated(weights)
    except ValueError as error:
        raise DataError("batches don't fit each other", got=error) from None


def _concatenated(arrays: list[NDArray[Any] | None]) -> NDArray[Any] | None:
    there = [array for array in arrays if array is not None]
    if there and len(there) < len(arrays):
        raise DataError("some batches have labels or weights, and others none")
    return np.concatenate(there) if there else None
