"""PrefetchedBatches: a training set that a thread reads, and brings to a device, a block ahead.

    thread      read block k + 1, copy it to the device      read block k + 2, …
    training    steps on block k, by their indices in it     steps on block k + 1, …

A block is some whole batches of an epoch. It stays on the device for all calls of the engine that
train on it.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from queue import SimpleQueue

import numpy as np

from spritenet.dataset.source import Indices
from spritenet.engines.engine import Examples
from spritenet.training.batch_source import BatchSource

__all__ = ["PrefetchedBatches"]

BLOCK_BYTES = 16 << 20
"""Bytes of a block's images: 20 milliseconds of a training of a million small images a second."""

BLOCKS = 2
"""Blocks on the device: the one that is trained on, and the next."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The examples of some positions of an epoch, in that order."""

    seed: int | None
    epoch: int
    first: int
    last: int
    examples: Examples

    def holds(self, seed: int | None, epoch: int, first: int) -> bool:
        """Returns True if a position is in it."""
        return (seed, epoch) == (self.seed, self.epoch) and self.first <= first < self.last


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """The state of the thread. It has no reference to `PrefetchedBatches`, which can be freed."""

    source: BatchSource
    stage: Callable[[Examples], None]
    size: int
    ready: SimpleQueue[Block | Exception]
    free: threading.Semaphore
    stop: threading.Event

    def run(self, seed: int | None, epoch: int, first: int) -> None:
        """Reads block after block from a position on, as soon as one is free on the device."""
        try:
            while not self.stop.is_set():
                last = min((first // self.size + 1) * self.size, len(self.source))
                found, indices = self.source.read(seed, epoch, first, last)
                places = np.arange(first, last, dtype=np.int64)
                examples = replace(found[indices], identities=places)  # copies, of its own
                self.free.acquire()
                if self.stop.is_set():
                    return
                self.stage(examples)
                self.ready.put(Block(seed, epoch, first, last, examples))
                epoch, first = (epoch, last) if last < len(self.source) else (epoch + 1, 0)
        except Exception as error:  # noqa: BLE001 - raised again by `read`, in the training's thread
            self.ready.put(error)

    def end(self) -> None:
        """Ends the thread after its current block."""
        self.stop.set()
        self.free.release()


class PrefetchedBatches:
    """A source read ahead by a thread; see `BatchSource`.

    Args:
        source: the examples, which are not resident. Nobody else may read them before `close`.
        stage: brings examples to the device; see `StagingEngine`.
        batch_size: images of a step.
        image_bytes: of one image.
    """

    def __init__(
        self,
        source: BatchSource,
        stage: Callable[[Examples], None],
        batch_size: int,
        image_bytes: int,
    ) -> None:
        most = min(source.max_images, BLOCK_BYTES // max(1, image_bytes))
        self.block_images = max(1, most // batch_size) * batch_size
        self._source, self._stage = source, stage
        self._reader: _Reader | None = None
        self._thread: threading.Thread | None = None
        self._finalizer: weakref.finalize[..., PrefetchedBatches] | None = None
        self._block: Block | None = None

    def __len__(self) -> int:
        return len(self._source)

    @property
    def identity(self) -> str:
        """See `BatchSource.identity`."""
        return self._source.identity

    @property
    def resident(self) -> bool:
        """See `BatchSource.resident`."""
        return False

    @property
    def max_images(self) -> int:
        """See `BatchSource.max_images`."""
        return self.block_images

    def read(self, seed: int | None, epoch: int, first: int, last: int) -> tuple[Examples, Indices]:
        """Returns a block and the indices in it of the positions `first` to `last`.

        Args:
            seed: of the permutation; None for stored order.
            epoch: counted from 0.
            first: the first position, in the same block as the last one.
            last: the position after the last one.

        Raises:
            DataError: an image can't be read.
        """
        block = self._block
        if block is None or not block.holds(seed, epoch, first):
            block = self._next(seed, epoch, first)
        return block.examples, np.arange(first - block.first, last - block.first, dtype=np.int64)

    def _next(self, seed: int | None, epoch: int, first: int) -> Block:
        """Returns the next block; that of another position, if it isn't in there."""
        if self._reader is None:
            self._start(seed, epoch, first)
        elif self._block is not None:
            self._reader.free.release()  # the block before was trained on
        reader = self._reader
        assert reader is not None  # noqa: S101 - just started, if it wasn't
        found = reader.ready.get()
        if isinstance(found, Exception):
            self.close()
            raise found
        if not found.holds(seed, epoch, first):
            self.close()
            return self._next(seed, epoch, first)
        self._block = found
        return found

    def _start(self, seed: int | None, epoch: int, first: int) -> None:
        """Starts the thread at a position."""
        free, stop = threading.Semaphore(BLOCKS), threading.Event()
        queue: SimpleQueue[Block | Exception] = SimpleQueue()
        self._reader = _Reader(self._source, self._stage, self.block_images, queue, free, stop)
        self._finalizer = weakref.finalize(self, self._reader.end)
        self._thread = threading.Thread(
            target=self._reader.run, args=(seed, epoch, first), name="spritenet feed", daemon=True
        )
        self._thread.start()

    def stored(self, first: int, last: int) -> Examples:
        """See `BatchSource.stored`."""
        self.close()
        return self._source.stored(first, last)

    def sample(self, size: int, seed: int) -> Examples:
        """See `BatchSource.sample`."""
        self.close()
        return self._source.sample(size, seed)

    def in_memory(self, most: int, seed: int) -> Examples:
        """See `BatchSource.in_memory`."""
        self.close()
        return self._source.in_memory(most, seed)

    def all(self) -> Examples:
        """See `BatchSource.all`."""
        self.close()
        return self._source.all()

    def close(self) -> None:
        """Ends the thread, and waits for it; the next call of `read` starts another."""
        if self._finalizer is not None and self._thread is not None:
            self._finalizer()
            self._thread.join()
        close = getattr(self._source, "close", None)
        if close is not None:
            close()
        self._reader = self._thread = self._finalizer = self._block = None
