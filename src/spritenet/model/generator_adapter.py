"""GeneratorAdapter: an iterable of batches, read in order while it is trained on.

Its batches have no numbers, and may differ when they are read again. So there is no shuffling, no
run can be resumed, and each epoch reads on where the one before ended. An iterable that can be
restarted, such as a DataLoader or a tf.data.Dataset, restarts when it ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.engines.engine import Examples
from spritenet.errors import DataError
from spritenet.model.collection_reader import class_names, elements, split_element
from spritenet.model.encoder import Encoder
from spritenet.model.image_collector import ImageCollector, RawExamples
from spritenet.permutation import permutation

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BatchReader", "GeneratorAdapter", "GeneratorBatches"]

MOST_SAMPLED, MOST_SAMPLED_BYTES = 20_000, 64 << 20
"""Images, the first ones, that stay in memory to sample from after training."""


class BatchReader:
    """Reads images from an iterable of images or batches, in order and without an end.

    Args:
        iterable: a generator, or an iterable that can be restarted.

    Attributes:
        name: the name of its type.
        class_names: the names of the classes; empty if the iterable doesn't know them.
        batch_size: images in the first batch; None if it yields single images.
        image_shape: height, width, channels.

    Raises:
        DataError: it yields no images.
    """

    def __init__(self, iterable: object) -> None:
        self.name = type(iterable).__name__
        self.class_names = class_names(iterable)
        self._iterable = iterable
        self._collector = ImageCollector(self.name)
        self._elements = elements(iterable)
        self._blocks: list[RawExamples] = []
        self._ready = self._elements_read = 0
        self._read()
        self.batch_size = self._collector.batch_size
        _, height, width, channels = self._blocks[0].images.shape
        self.image_shape = height, width, channels

    def peek(self) -> RawExamples:
        """Returns the next block without consuming it."""
        if not self._ready:
            self._read()
        return self._blocks[0]

    def take(self, count: int) -> RawExamples:
        """Returns the next images.

        Raises:
            DataError: the iterable has ended.
        """
        while self._ready < count:
            self._read()
        taken: list[RawExamples] = []
        left = count
        while left:
            block = self._blocks.pop(0)
            if len(block) > left:
                self._blocks.insert(0, block[left:])
                block = block[:left]
            taken.append(block)
            left -= len(block)
        self._ready -= count
        return RawExamples.concatenate(taken)

    def _read(self) -> None:
        """Reads one more image or batch."""
        element = next(self._elements, None)
        if element is None and self._elements_read and not isinstance(self._iterable, Iterator):
            self._elements = elements(self._iterable)  # from its beginning
            element = next(self._elements, None)
        if element is None:
            count = self._elements_read
            raise DataError(
                f"the data ended after {count:,} items or batches" if count else "it is empty",
                where=self.name,
                expected="steps_per_epoch batches for each epoch",
                do="Give one that goes on, or fewer steps. The weights so far are kept."
                if count
                else "",
            )
        self._elements_read += 1
        self._collector.add(*split_element(element, self._iterable))
        block = self._collector.collected()
        self._blocks.append(block)
        self._ready += len(block)


@dataclass(frozen=True, slots=True, eq=False)
class GeneratorAdapter:
    """An iterable of batches as training data.

    Attributes:
        reader: reads the batches.
        steps: steps in an epoch.
        batch_size: images in a step.
    """

    reader: BatchReader
    steps: int
    batch_size: int

    def __len__(self) -> int:
        return self.steps * self.batch_size

    @property
    def name(self) -> str:
        """See `DataAdapter.name`."""
        return ""

    @property
    def class_names(self) -> tuple[str, ...]:
        """See `DataAdapter.class_names`."""
        return self.reader.class_names

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """See `DataAdapter.image_shape`."""
        return self.reader.image_shape

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """See `DataAdapter.input_shape`."""
        return self.reader.image_shape

    @property
    def ordered(self) -> bool:
        """See `DataAdapter.ordered`."""
        return False

    @property
    def unnamed(self) -> bool:
        """See `DataAdapter.unnamed`."""
        return False

    def hold_out(self, fraction: float, seed: int) -> tuple[GeneratorAdapter, GeneratorAdapter]:
        """Raises DataError: images that arrive in order can't be split."""
        del fraction, seed
        raise unsupported("validation_split", "Give validation_data.")

    def batches(self, encoder: Encoder) -> GeneratorBatches:
        """See `DataAdapter.batches`."""
        factors = encoder.factors(None)

        def encode(block: RawExamples) -> Examples:
            if block.labels is None:
                do = "Yield batches (images, labels)."
                raise DataError("missing labels", where="x", do=do)
            return fixed.encode(block.images, block.labels, block.weights)

        fixed = Encoder(encoder.outputs, encoder.loss, factors, encoder.class_names)
        return GeneratorBatches(self.reader, len(self), self.batch_size, encode)


def unsupported(name: str, do: str) -> DataError:
    """Returns the error for an argument that can't be combined with an iterable of batches."""
    return DataError(f"batches that are read in order take no {name}", where=name, do=do)


class GeneratorBatches:
    """The examples of an iterable of batches.

    Args:
        reader: reads the batches.
        length: images in an epoch.
        max_images: images in a step.
        encode: converts images, labels and weights to examples.
    """

    def __init__(
        self,
        reader: BatchReader,
        length: int,
        max_images: int,
        encode: Callable[[RawExamples], Examples],
    ) -> None:
        self._reader = reader
        self._length = length
        self._max_images = max_images
        self._encode = encode
        self._origin: int | None = None
        self._block = RawExamples(np.empty((0, *reader.image_shape), np.uint8))
        self._start = 0
        self._first_blocks: list[RawExamples] = []
        self._sampled = self._sampled_bytes = 0

    def __len__(self) -> int:
        return self._length

    @property
    def identity(self) -> str:
        """SHA-256, in hex, of the first batch: the others are unknown until they are read."""
        block = self._reader.peek()
        about = f"batches of {self._reader.name} {block.images.shape}\n"
        digest = hashlib.sha256(about.encode())
        digest.update(np.ascontiguousarray(block.images).data)
        digest.update(b"" if block.labels is None else repr(block.labels.tolist()).encode())
        return digest.hexdigest()

    @property
    def resident(self) -> bool:
        """See `BatchSource.resident`."""
        return False

    @property
    def max_images(self) -> int:
        """See `BatchSource.max_images`."""
        return self._max_images

    def read(
        self, seed: int | None, epoch: int, first: int, last: int
    ) -> tuple[Examples, NDArray[np.int64]]:
        """See `BatchSource.read`. The seed has no effect.

        Raises:
            DataError: the iterable has ended, or these batches were read and are gone.
        """
        del seed
        place = epoch * self._length + first
        if self._origin is None:
            self._origin = place
        place -= self._origin
        count, end = last - first, self._start + len(self._block)
        if place == end:
            block = self._reader.take(count)
            self._add_sample(block)
        elif self._start <= place < end:  # the engine made fewer steps than it was given
            block = self._block[place - self._start :]
            if count > len(block):
                rest = self._reader.take(count - len(block))
                block = RawExamples.concatenate([block, rest])
        else:
            raise DataError("batches that were read can't be read again", where=self._reader.name)
        self._block, self._start = block, place
        return self._encode(block[:count]), np.arange(count, dtype=np.int64)

    def stored(self, first: int, last: int) -> Examples:
        """See `BatchSource.stored`."""
        return self.read(None, 0, first, last)[0]

    def sample(self, size: int, seed: int) -> Examples:
        """Returns up to `size` of the images read first, picked by the seed."""
        blocks = self._first_blocks
        block = RawExamples.concatenate(blocks) if blocks else self._reader.peek()
        if size < len(block):
            block = block[np.sort(permutation(seed, 0, len(block), 0, size))]
        return self._encode(block)

    def in_memory(self, most: int, seed: int) -> Examples:
        """See `BatchSource.in_memory`."""
        return self.sample(most, seed)

    def all(self) -> Examples:
        """Returns the images read first."""
        return self.sample(MOST_SAMPLED, 0)

    def _add_sample(self, block: RawExamples) -> None:
        """Keeps the first blocks in memory, to sample from."""
        size = self._sampled_bytes + block.images.nbytes
        if self._sampled < MOST_SAMPLED and size <= MOST_SAMPLED_BYTES:
            self._first_blocks.append(block)
            self._sampled += len(block)
            self._sampled_bytes = size
