"""Blobs of a stream: local files here, remote ones in remote_blob.py.

A local file is read through the system's page cache, not mapped into memory: truncating a mapped
file would kill the process, and the bytes of a segment are copied once in either case.
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
    """A blob that may be far away, with hints for caching."""

    def span(self, start: int, stop: int) -> Blob:
        """Returns a blob with the bytes from `start` to `stop` in memory, at their offsets."""

    def invalidate(self, start: int, stop: int) -> bool:
        """Drops these bytes from caches; returns whether reading again may give others."""

    def will_need(self, start: int, stop: int) -> None:
        """Announces that these bytes will be read soon, as MADV_WILLNEED does."""


class LocalBlob(FileBlob):
    """A local file, closed when it is garbage-collected."""

    def span(self, start: int, stop: int) -> Blob:
        """Returns itself: the system reads ahead and caches."""
        del start, stop
        return self

    def invalidate(self, start: int, stop: int) -> bool:
        """Returns False: nothing is cached here."""
        del start, stop
        return False

    def will_need(self, start: int, stop: int) -> None:
        """Lets the system read them in the background."""
        if hasattr(os, "posix_fadvise"):
            with contextlib.suppress(OSError):
                os.posix_fadvise(self._file.fileno(), start, stop - start, os.POSIX_FADV_WILLNEED)

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self.close()


class SpanBlob:
    """A part of another blob in memory.

    Args:
        name: of the blob.
        size: of the whole blob.
        start: offset of the part.
        data: its bytes.
    """

    def __init__(self, name: str, size: int, start: int, data: bytes) -> None:
        self.name = name
        self.size = size
        self._start = start
        self._data = memoryview(data)

    def read(self, offset: int, size: int) -> bytes:
        """Returns the bytes from `offset` on, as far as the part has them."""
        first = max(0, offset - self._start)
        return bytes(self._data[first : first + size])

    def read_into(self, offset: int, buffer: bytearray) -> int:
        """Fills the buffer with the bytes from `offset` on; returns their number."""
        data = self.read(offset, len(buffer))
        buffer[: len(data)] = data
        return len(data)


class OpenFiles:
    """A cache of open files; the least recently used one is dropped.

    Readers keep a reference, so that a dropped file is closed after its last reader.

    Args:
        most: number of open files.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: OrderedDict[object, RangeBlob] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object, open_blob: Callable[[], RangeBlob]) -> RangeBlob:
        """Returns the blob of a key, opened if necessary."""
        with self._lock:
            if key in self._open:
                self._open.move_to_end(key)
                return self._open[key]
        blob = open_blob()
        with self._lock:
            blob = self._open.setdefault(key, blob)
            while len(self._open) > self._most:
                self._open.popitem(last=False)
        return blob

    def close(self) -> None:
        """Drops all files."""
        with self._lock:
            self._open.clear()
