"""PNG chunks: length, type, data, CRC (ISO/IEC 15948, clause 5). Bytes in, bytes out.

`Blob` is the protocol of their sources: a file, or anything else that can be read at any offset.
"""

from __future__ import annotations

import os
import struct
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from spritenet.errors import DataError
from spritenet.lfs_pointer import BEGINNING, LONGEST, refuse_pointer

__all__ = ["OVERHEAD", "SIGNATURE", "Blob", "FileBlob", "chunk", "crc32", "read_chunk"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
OVERHEAD = 12
"""Bytes of a chunk beside its data: 8 before, 4 behind."""

DO = "Download or copy it again."


class Blob(Protocol):
    """Bytes that can be read at any place, by several threads at the same time."""

    @property
    def name(self) -> str:
        """The name for messages."""

    @property
    def size(self) -> int:
        """The number of bytes."""

    def read(self, offset: int, size: int) -> bytes:
        """Returns the bytes from `offset` on: `size` of them, or fewer at the end."""

    def read_into(self, offset: int, buffer: bytearray) -> int:
        """Fills the buffer with the bytes from `offset` on; returns their number."""


class FileBlob:
    """A file, opened once."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._lock = threading.Lock()
        try:
            self._file = path.open("rb", buffering=0)
            self.size = os.fstat(self._file.fileno()).st_size
            start = self._file.read(len(BEGINNING)) if self.size < LONGEST else b""
        except OSError as error:
            raise _unreadable(self.name, error) from None
        try:
            refuse_pointer(start, path)
        except DataError:
            self._file.close()
            raise

    def read(self, offset: int, size: int) -> bytes:
        """Returns the bytes from `offset` on: `size` of them, or fewer at the end of the file.

        Raises:
            DataError: the system can't read them.
        """
        buffer = bytearray(max(0, min(size, self.size - offset)))
        del buffer[self.read_into(offset, buffer) :]
        return bytes(buffer)

    def read_into(self, offset: int, buffer: bytearray) -> int:
        """Fills the buffer with the bytes from `offset` on; returns their number.

        Reusing a buffer takes a third of the time of reading into a new one.

        Raises:
            DataError: the system can't read them.
        """
        if not buffer or not 0 <= offset < self.size:
            return 0
        try:
            if hasattr(os, "preadv"):
                return os.preadv(self._file.fileno(), [buffer], offset)
            with self._lock:  # Windows and older systems
                self._file.seek(offset)
                return self._file.readinto(buffer) or 0
        except OSError as error:
            raise _unreadable(self.name, error) from None

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of a PNG, its CRC checked.

    Args:
        kind: four ASCII letters.
        data: its data; its CRC was right.
        offset: of its data in the file.
    """

    kind: bytes
    data: bytes
    offset: int

    @property
    def end(self) -> int:
        """The start of the next chunk."""
        return self.offset + len(self.data) + 4


def crc32(data: bytes | memoryview, start: int = 0) -> int:
    """Returns the CRC-32 of PNG, gzip and zip, by libdeflate: several times as fast as zlib."""
    from spritenet.compression import deflate

    value: int = deflate.crc32(data, start)
    return value


def chunk(kind: bytes, data: bytes) -> bytes:
    """Returns a chunk as it stands in the file."""
    return b"".join(
        (struct.pack(">I4s", len(data), kind), data, struct.pack(">I", crc32(data, crc32(kind))))
    )


def read_chunk(blob: Blob, start: int, most: int) -> Chunk:
    """Reads the chunk that begins at `start`.

    Args:
        blob: the file.
        start: where its length stands.
        most: bytes of data it may have; a longer one is refused before it is read.

    Raises:
        DataError: the file ends within it, it is too long, or its CRC is wrong.
    """
    head = blob.read(start, 8)
    if len(head) < 8:
        raise truncation_error(blob, f"a chunk at byte {start:,}")
    size, kind = struct.unpack(">I4s", head)
    name = kind.decode("ascii", "replace") if kind.isalpha() else repr(kind)
    if size > most:
        raise DataError(
            f"chunk {name} is too long",
            where=blob.name,
            expected=f"at most {most:,} bytes",
            got=f"{size:,}",
        )
    if start + 8 + size + 4 > blob.size:
        raise truncation_error(blob, f"chunk {name}")
    buffer = bytearray(size + 4)
    if blob.read_into(start + 8, buffer) < len(buffer):
        raise truncation_error(blob, f"chunk {name}")
    crc = int.from_bytes(buffer[size:], "big")
    data = bytes(memoryview(buffer)[:size])
    if crc != crc32(data, crc32(kind)):
        raise DataError(
            f"chunk {name} is damaged", where=blob.name, expected="a matching CRC", do=DO
        )
    return Chunk(kind, data, start + 8)


def truncation_error(blob: Blob, what: str) -> DataError:
    """Returns the error of a file that ends within `what`."""
    return DataError(f"ends within {what}", where=blob.name, got=f"{blob.size:,} bytes", do=DO)


def _unreadable(name: str, error: OSError) -> DataError:
    if isinstance(error, FileNotFoundError):
        return DataError("the file doesn't exist", where=name)
    return DataError("can't be read", where=name, got=error.strerror or error)
