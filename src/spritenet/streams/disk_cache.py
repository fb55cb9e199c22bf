"""What was fetched from afar, kept on this machine's disk up to a number of bytes.

A file is fetched in blocks. Each block is a file of its own, under a name made of the remote file's
identity and the block's number, with the SHA-256 of its content before the content. It is written
beside and renamed, so several processes may share the folder: they see a block whole or not at all.
A block whose hash is wrong is removed and counts as missing. What was used longest ago goes first.

The disk may refuse anything at any time: then nothing is kept, and everything still works.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import threading
from collections import OrderedDict
from pathlib import Path

__all__ = ["BLOCK_BYTES", "DiskCache"]

BLOCK_BYTES = 1 << 17
"""Bytes of a block: three segments of MNIST, 10 ms on a line of 100 Mbit/s."""

HASH_BYTES = 32
IN_MEMORY = 64
"""Blocks that are kept in memory too, 8 MiB: heads are read in many small pieces."""

KEPT_SHARE = 0.9
"""Of the limit, what is left after blocks were removed; so that this is rare."""


class DiskCache:
    """Blocks of remote files on disk. Several threads and processes may use it at the same time.

    Args:
        folder: where; it is made when something is first kept.
        limit: bytes on disk; 0 keeps blocks in memory only.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self.limit = limit
        self._memory: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._held = self._since = 0  # bytes on disk, as far as is known here; written since then
        self._known = False

    def get(self, file: str, number: int) -> bytes | None:
        """A block, if it is here and whole.

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
        """Keeps a block."""
        self._remember((file, number), data)
        if not self.limit:
            return
        path = self._path(file, number)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
        try:
            self._make_room(len(data) + HASH_BYTES)
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(hashlib.sha256(data).digest() + data)
            fresh.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                fresh.unlink()

    def drop(self, file: str, number: int) -> None:
        """Forgets a block."""
        with self._lock:
            self._memory.pop((file, number), None)
        if self.limit:
            with contextlib.suppress(OSError):
                self._path(file, number).unlink()

    def clear(self) -> None:
        """Forgets what is in memory."""
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
        """Removes the oldest blocks if so many more bytes would be too much.

        Other processes write too: the folder is looked through before the first block, and again
        whenever this process has written a tenth of the limit.
        """
        with self._lock:
            self._held += size
            self._since += size
            if self._known and self._held <= self.limit and self._since <= self.limit // 10:
                return
            self._held = self._tidy(self.limit - size) + size
            self._known, self._since = True, 0

    def _tidy(self, most: int) -> int:
        """Removes the blocks used longest ago unless there are at most so many bytes; what is left.

        It then removes a tenth more, so that it is rare.
        """
        found = []
        for path in self.folder.glob("??/*"):
            with contextlib.suppress(OSError):
                about = path.stat()
                found.append((about.st_mtime_ns, about.st_size, path))
        held = sum(size for _, size, _ in found)
        if held <= most:
            return held
        for _, size, path in sorted(found, key=lambda each: each[0]):
            if held <= most * KEPT_SHARE:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                held -= size
        return held
