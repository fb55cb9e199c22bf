"""IDX, MNIST's file format: a magic number, sizes, then bytes. Gzipped or not.

    images   2051 (0x803: unsigned bytes, 3 dimensions), n, height, width, then n·h·w pixels
    labels   2049 (0x801: unsigned bytes, 1 dimension), n, then n class indices

All numbers are big-endian 32-bit. Headers are compared with each other and with the file sizes
before memory is allocated.

Specification: http://yann.lecun.com/exdb/mnist/ ("The IDX file format").
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import DataError
from spritenet.lfs_pointer import refuse_pointer
from spritenet.sources.inflate import GZIP_MAGIC, inflate, inflate_start
from spritenet.sources.mmap_file import MappedFile

__all__ = ["IMAGES", "LABELS", "IdxFile", "open_idx"]

IMAGES = 2051
LABELS = 2049
DIMENSIONS = {IMAGES: 3, LABELS: 1}
KINDS = {IMAGES: "images", LABELS: "labels"}

START = 1 << 17  # enough for a gzip header with a name and an extra field, of at most 64 KiB
IN_MEMORY = 1 << 29  # bytes; MNIST has 47 million, EMNIST's largest 547
SLACK = 1 << 20  # a gzip file longer than twice its content plus this is no IDX file


@dataclass(frozen=True, slots=True)
class IdxFile:
    """An IDX file with its header, checked against the file's size.

    Args:
        path: the file.
        magic: `IMAGES` or `LABELS`.
        shape: (n, height, width) or (n,).
        gzipped: true if it is compressed.
    """

    path: Path
    magic: int
    shape: tuple[int, ...]
    gzipped: bool

    @property
    def header_size(self) -> int:
        """Bytes before the first pixel or label."""
        return 4 + 4 * len(self.shape)

    @property
    def size(self) -> int:
        """Bytes of the whole file, uncompressed."""
        return self.header_size + math.prod(self.shape)

    def read(self) -> NDArray[np.uint8]:
        """Reads pixels (n h w) or labels (n); large files are memory-mapped.

        Raises:
            DataError: the file is unreadable, damaged, or has another size than its header states.
        """
        content: bytes | bytearray | mmap
        if self.size > IN_MEMORY:
            content = MappedFile(self.path).bytes
            if len(content) != self.size:
                raise _wrong_size(self, len(content))
            mapped: NDArray[np.uint8] = np.frombuffer(content, np.uint8, offset=self.header_size)
            return mapped.reshape(self.shape)
        try:
            content = self.path.read_bytes()
        except (OSError, MemoryError) as error:
            raise DataError("can't be read", where=self.path, got=_reason(error)) from None
        if self.gzipped:
            content = inflate(content, self.size, self.path)
        if len(content) != self.size:
            raise _wrong_size(self, len(content))
        array: NDArray[np.uint8] = np.frombuffer(content, np.uint8, offset=self.header_size)
        return array.reshape(self.shape)


def open_idx(path: Path, magic: int) -> IdxFile:
    """Reads and checks the header of an IDX file, gzipped or not whatever its suffix.

    Args:
        path: the file.
        magic: the expected magic number, `IMAGES` or `LABELS`.

    Raises:
        DataError: the file is unreadable, of another kind, empty, or has impossible sizes.
    """
    try:
        with path.open("rb") as file:
            packed = start = file.read(START)
        file_size = path.stat().st_size
    except OSError as error:
        raise DataError("can't be read", where=path, got=_reason(error)) from None
    refuse_pointer(packed, path)
    gzipped = packed.startswith(GZIP_MAGIC)
    header_size = 4 + 4 * DIMENSIONS[magic]
    if gzipped:
        start = inflate_start(packed, header_size, path)
    _check_magic(path, magic, start)
    if len(start) < header_size:
        raise DataError(
            "ends within its header",
            where=path,
            expected=f"{header_size} bytes",
            got=len(start),
            do="Download or copy it again.",
        )
    shape = struct.unpack(f">{DIMENSIONS[magic]}I", start[4:header_size])
    if 0 in shape:
        sizes = "×".join(map(str, shape))
        raise DataError(f"holds no {KINDS[magic]}", where=path, got=f"sizes {sizes}")
    opened = IdxFile(path, magic, shape, gzipped)
    if file_size != opened.size if not gzipped else file_size > 2 * opened.size + SLACK:
        raise _wrong_size(opened, file_size)
    return opened


def _check_magic(path: Path, magic: int, start: bytes) -> None:
    found = int.from_bytes(start[:4], "big")
    if len(start) >= 4 and found == magic:
        return
    if not start:
        got = "an empty file"
    elif start.lstrip()[:1] == b"<":
        got = "a web page"
    elif len(start) < 4:
        got = f"{len(start)} bytes"
    elif found in KINDS:
        got = f"{found}, a file of {KINDS[found]}"
    else:
        got = str(found)
    raise DataError(
        f"this is not an IDX file of {KINDS[magic]}",
        where=path,
        expected=f"magic number {magic}",
        got=got,
        do="Download it again." if got in {"a web page", "an empty file"} else "",
    )


def _wrong_size(file: IdxFile, size: int) -> DataError:
    sizes = "×".join(map(str, file.shape))
    if size < file.size and not file.gzipped:
        what = "ends too early"
    elif file.gzipped:
        what = "is much longer than what its header promises"
    else:
        what = "is longer than its header says"
    return DataError(
        what,
        where=file.path,
        expected=f"{file.size:,} bytes for {sizes}",
        got=f"{size:,}",
        do="Download or copy it again.",
    )


def _reason(error: OSError | MemoryError) -> str:
    """Returns the system's message without number and path: "Permission denied"."""
    if isinstance(error, MemoryError):
        return "more bytes than fit into memory"
    return error.strerror or str(error)
