"""Prefetching: while one unit is used, a thread reads the next into the other of two buffers."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.core.pool import HAS_THREADS
from spritenet.dataset.multi_label import Labels, empty_labels
from spritenet.errors import CoreError

__all__ = ["Prefetcher"]

Images = NDArray[np.uint8]
Read = Callable[[NDArray[np.int64], Images, Labels], None]
"""Reads the images of these numbers into the arrays."""


@dataclass(frozen=True, slots=True)
class _Task:
    """The state of the thread. It has no reference to `Prefetcher`, so that this can be freed."""

    units: Iterator[NDArray[np.int64]]
    read: Read
    image_shape: tuple[int, int, int]
    label_columns: int
    free: queue.SimpleQueue[int | None]
    ready: queue.SimpleQueue[tuple[int, Images, Labels] | Exception | None]
    stop: threading.Event

    def run(self) -> None:
        """Reads one unit after another, each as soon as a buffer is free."""
        buffers = [np.empty((0, *self.image_shape), np.uint8) for _ in range(2)]
        try:
            for wanted in self.units:
                number = self.free.get()
                if number is None or self.stop.is_set():
                    return
                if len(buffers[number]) < len(wanted):
                    buffers[number] = np.empty((len(wanted), *self.image_shape), np.uint8)
                images = buffers[number][: len(wanted)]
                labels = empty_labels(len(wanted), self.label_columns)
                self.read(wanted, images, labels)
                self.ready.put((number, images, labels))
            self.ready.put(None)
        except Exception as error:  # noqa: BLE001 - raised again by `take`, in the reader's thread
            self.ready.put(error)

    def end(self) -> None:
        """Ends the thread after its current unit."""
        self.stop.set()
        self.free.put(None)


class Prefetcher:
    """A sequence of images and labels that a thread reads a unit ahead.

    Args:
        units: the numbers of the images of one unit after another; iterated in the thread.
        read: reads images into arrays.
        image_shape: h w c.
        label_columns: the number of columns of multi-label rows; 0 for class indices.
    """

    def __init__(
        self,
        units: Iterator[NDArray[np.int64]],
        read: Read,
        image_shape: tuple[int, int, int],
        label_columns: int = 0,
    ) -> None:
        if not HAS_THREADS:
            raise CoreError(
                "streams need threads, which this Python can't start", do="Use sn.load."
            )
        queues = queue.SimpleQueue[Any](), queue.SimpleQueue[Any]()
        task = _Task(units, read, image_shape, label_columns, *queues, threading.Event())
        for number in range(2):
            task.free.put(number)
        self._task = task
        self._images = np.empty((0, *image_shape), np.uint8)
        self._labels = empty_labels(0, label_columns)
        self._used = 0
        self._buffer: int | None = None
        self._finalizer = weakref.finalize(self, task.end)
        threading.Thread(target=task.run, name="spritenet prefetch", daemon=True).start()

    @property
    def ready(self) -> int:
        """The number of images that come without waiting."""
        return len(self._labels) - self._used

    def take(self, count: int) -> tuple[Images, Labels]:
        """Returns the next images (n h w c) and labels (n), valid until the next `take`.

        Raises:
            DataError: one of them can't be read.
        """
        if not self.ready and count:
            self._next()
        if count <= self.ready:
            return self._slice(count)
        images = np.empty((count, *self._task.image_shape), np.uint8)
        labels = empty_labels(count, self._task.label_columns)
        done = 0
        while done < count:
            if not self.ready:
                self._next()
            size = min(count - done, self.ready)
            images[done : done + size], labels[done : done + size] = self._slice(size)
            done += size
        return images, labels

    def _slice(self, count: int) -> tuple[Images, Labels]:
        """Returns the next images of this unit."""
        part = slice(self._used, self._used + count)
        self._used += count
        return self._images[part], self._labels[part]

    def _next(self) -> None:
        """Moves on to the next unit and frees the buffer of this one."""
        if self._buffer is not None:
            self._task.free.put(self._buffer)
            self._buffer = None
        found = self._task.ready.get()
        if found is None or isinstance(found, Exception):
            self._task.ready.put(found)  # the next call gets it again
            raise found or CoreError("more images requested than an epoch has")
        self._buffer, self._images, self._labels = found
        self._used = 0

    def close(self) -> None:
        """Ends the thread."""
        self._finalizer()
