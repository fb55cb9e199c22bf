"""Where a stream's bytes come from: local files now, remote ones in remote.py.

A local file is read at its place through the system's page cache, not mapped into memory: a file
that somebody shortens while it is mapped ends the process without a word, and the bytes of a
segment are copied once in either case.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from spritenet.sprites.chunks import Blob, FileBlob

__all__ = ["LocalBlob", "OpenFiles", "RangeBlob", "SpanBlob"]


class RangeBlob(Blob, Protocol):
    """Bytes that may be far away."""

    def span(self, start: int, stop: int) -> Blob:
        """A blob that has the bytes from `start` to `stop` at hand, at their places."""

    def invalidate(self, start: int, stop: int) -> bool:
        """Drops what is kept of these bytes; whether asking again may give others."""

    def will_need(self, start: int, stop: int) -> None:
        """Says that these bytes will be read soon."""


class LocalBlob(FileBlob):
    """A file of this machine. It is closed when nobody holds it any more."""

    def span(self, start: int, stop: int) -> Blob:
        """Itself: the system reads ahead and keeps what was read."""
        del start, stop
        return self

    def invalidate(self, start: int, stop: int) -> bool:
        """Nothing is kept."""
        del start, stop
        return False

    def will_need(self, start: int, stop: int) -> None:
        """Lets the system read them while others are read: many requests at a time suit disks."""
        if hasattr(os, "posix_fadvise"):
            with contextlib.suppress(OSError):
                os.posix_fadvise(self._file.fileno(), start, stop - start, os.POSIX_FADV_WILLNEED)

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self.close()


class SpanBlob:
    """A part of another blob, held in memory.

    Args:
        name: of the blob.
        size: of the whole blob.
        start: where the part begins.
        data: the part.
    """

    def __init__(self, name: str, size: int, start: int, data: bytes) -> None:
        self.name = name
        self.size = size
        self._start = start
        self._data = memoryview(data)

    def read(self, offset: int, size: int) -> bytes:
        """The bytes from `offset` on, as far as they are here."""
        first = max(0, offset - self._start)
        return bytes(self._data[first : first + size])

    def read_into(self, offset: int, buffer: bytearray) -> int:
        """Fills the buffer with the bytes from `offset` on; how many."""
        data = self.read(offset, len(buffer))
        buffer[: len(data)] = data
        return len(data)


class OpenFiles:
    """At most so many open at a time; the one that was used longest ago is let go.

    Whoever still reads from it holds it, so it is closed only behind the last reader.

    Args:
        most: how many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: OrderedDict[object, RangeBlob] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object, opened: Callable[[], RangeBlob]) -> RangeBlob:
        """The blob of this key, opened if it isn't open."""
        with self._lock:
            if key in self._open:
                self._open.move_to_end(key)
                return self._open[key]
        blob = opened()
        with self._lock:
            blob = self._open.setdefault(key, blob)
            while len(self._open) > self._most:
                self._open.popitem(last=False)
        return blob

    def close(self) -> None:
        """Lets go of all."""
        with self._lock:
            self._open.clear()
