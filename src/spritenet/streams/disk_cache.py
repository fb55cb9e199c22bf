"""The cache of fetched blocks on disk, bounded in bytes.

A file is fetched in blocks. Each block is a file of its own, under a name made of the remote file's
identity and the block's number, with the SHA-256 of its content before the content. It is written
beside and renamed, so several processes may share the folder: they see a block whole or not at all.
A block whose hash is wrong is removed and counts as missing. The least recently used ones go first.

If the disk refuses, nothing is cached, and everything still works.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections import OrderedDict
from pathlib import Path

from spritenet.atomic import write_file
from spritenet.errors import DataError

__all__ = ["BLOCK_BYTES", "DiskCache"]

BLOCK_BYTES = 1 << 17
"""Bytes of a block: three segments of MNIST, 10 ms on a line of 100 Mbit/s."""

HASH_BYTES = 32
IN_MEMORY = 64
"""Blocks that are cached in memory too, 8 MiB: headers are read in many small pieces."""

KEPT_FRACTION = 0.9
"""The fraction of the limit that remains after a clean-up, so that these are rare."""


class DiskCache:
    """A cache of blocks of remote files, for several threads and processes.

    Args:
        folder: of the cache; it is created with the first block.
        limit: bytes on disk; 0 caches in memory only.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self.limit = limit
        self._memory: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._size = self._since = 0  # bytes on disk, as far as is known here; written since then
        self._known = False

    def get(self, file: str, number: int) -> bytes | None:
        """Returns a block, or None.

        Args:
            file: the identity of the remote file, its version with it.
            number: of the block.
        """
        key = (file, number)
        with self._lock:
            if key in self._memory:
                self._memory.move_to_end(key)
                return self._memory[key]
        if not self.limit:
            return None
        path = self._path(file, number)
        try:
            kept = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        data = kept[HASH_BYTES:]
        if len(data) > BLOCK_BYTES or hashlib.sha256(data).digest() != kept[:HASH_BYTES]:
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        self._remember(key, data)
        return data

    def put(self, file: str, number: int, data: bytes) -> None:
        """Adds a block."""
        self._remember((file, number), data)
        if not self.limit:
            return
        path = self._path(file, number)
        with contextlib.suppress(DataError, OSError):  # the disk refuses
            self._make_room(len(data) + HASH_BYTES)
            write_file(path, hashlib.sha256(data).digest() + data, durable=False)

    def drop(self, file: str, number: int) -> None:
        """Removes a block."""
        with self._lock:
            self._memory.pop((file, number), None)
        if self.limit:
            with contextlib.suppress(OSError):
                self._path(file, number).unlink()

    def clear(self) -> None:
        """Drops the blocks in memory."""
        with self._lock:
            self._memory.clear()

    def _remember(self, key: tuple[str, int], data: bytes) -> None:
        with self._lock:
            self._memory[key] = data
            self._memory.move_to_end(key)
            while len(self._memory) > IN_MEMORY:
                self._memory.popitem(last=False)

    def _path(self, file: str, number: int) -> Path:
        name = hashlib.sha256(f"{number} {file}".encode()).hexdigest()
        return self.folder / name[:2] / f"{name[2:]}.block"

    def _make_room(self, size: int) -> None:
        """Removes the oldest blocks if `size` more bytes would exceed the limit.

        Other processes write too: the folder is listed before the first block, and again
        whenever this process has written a tenth of the limit.
        """
        with self._lock:
            self._size += size
            self._since += size
            if self._known and self._size <= self.limit and self._since <= self.limit // 10:
                return
            self._size = self._evict(self.limit - size) + size
            self._known, self._since = True, 0

    def _evict(self, most: int) -> int:
        """Removes the least recently used blocks beyond a limit, and returns the bytes that remain.

        It then removes a tenth more, so that it is rare.
        """
        found = []
        for path in self.folder.glob("??/*"):
            with contextlib.suppress(OSError):
                about = path.stat()
                found.append((about.st_mtime_ns, about.st_size, path))
        size_on_disk = sum(size for _, size, _ in found)
        if size_on_disk <= most:
            return size_on_disk
        for _, size, path in sorted(found, key=lambda each: each[0]):
            if size_on_disk <= most * KEPT_FRACTION:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                size_on_disk -= size
        return size_on_disk
