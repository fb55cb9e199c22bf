"""Memory-mapped files, inflated first if they are compressed.

A compressed file is inflated once into a temporary file without a name, which is removed with the
process. So any part of it can be read, and nothing is extracted under a name of its own.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from spritenet.errors import DataError
from spritenet.lfs_pointer import BEGINNING, refuse_pointer

if TYPE_CHECKING:
    from bz2 import BZ2File
    from gzip import GzipFile
    from lzma import LZMAFile

__all__ = ["MappedFile", "spool"]

PIECE = 1 << 20
LEAST_MOST = 1 << 28
HIGHEST_RATIO = 100
"""The largest ratio of inflated to compressed size, beyond `LEAST_MOST` bytes. Images hardly
shrink, text of digits to a tenth; a file that inflates a thousandfold is a bomb."""

GZIP, XZ, BZIP2 = b"\x1f\x8b", b"\xfd7zXZ\x00", b"BZh"


class MappedFile:
    """A memory-mapped file, inflated if it is compressed (gzip, xz or bzip2).

    Can be pickled: unpickling opens the file again.

    Args:
        path: of the file.

    Raises:
        DataError: it can't be read, is empty, damaged, or inflates without end.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                start = file.read(len(BEGINNING))
                refuse_pointer(start, path)
                inflated = _inflating(path, start)
                if inflated is not None:
                    with inflated:
                        self._map = spool(_pieces(inflated, path), path)
                elif not start:
                    raise DataError("is empty", where=path)
                else:
                    self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise DataError("can't be read", where=path, got=error.strerror or error) from None

    def __len__(self) -> int:
        return len(self._map)

    def __getitem__(self, which: slice) -> bytes:
        """Returns a copy of some bytes."""
        return self._map[which]

    @property
    def bytes(self) -> mmap.mmap:
        """The map of all bytes."""
        return self._map

    def __reduce__(self) -> tuple[type[MappedFile], tuple[Path]]:
        return type(self), (self.path,)


def spool(pieces: Iterator[bytes], where: object) -> mmap.mmap:
    """Writes bytes to a temporary file without a name, and maps it.

    Raises:
        DataError: there are none, or the disk is full.
    """
    import tempfile

    try:
        with tempfile.TemporaryFile() as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            if not file.tell():
                raise DataError("is empty", where=where)
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise DataError(
            "no room for the inflated file in the temporary folder",
            where=where,
            got=error.strerror or error,
            do="Set TMPDIR to a folder with room.",
        ) from None


def _inflating(path: Path, start: bytes) -> GzipFile | LZMAFile | BZ2File | None:
    """Opens a compressed file for inflation; None if it isn't compressed."""
    if start.startswith(GZIP):
        import gzip

        return gzip.open(path)
    if start.startswith(XZ):
        import lzma

        return lzma.open(path)
    if start.startswith(BZIP2):
        import bz2

        return bz2.open(path)
    return None


def _pieces(file: GzipFile | LZMAFile | BZ2File, path: Path) -> Iterator[bytes]:
    """Yields the inflated bytes of a compressed file, up to a limit."""
    import lzma
    import zlib

    most = max(LEAST_MOST, HIGHEST_RATIO * path.stat().st_size)
    held = 0
    while True:
        try:
            piece = file.read(PIECE)
        except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
            cut = isinstance(error, EOFError)
            raise DataError(
                "ends too early" if cut else "is damaged",
                where=path,
                got="" if cut else error,
                do="Download or copy it again.",
            ) from None
        if not piece:
            return
        held += len(piece)
        if held > most:
            raise DataError(
                "inflates to an implausible size",
                where=path,
                expected=f"at most {most:,} bytes",
                do="If the file is right, unpack it first and load the result.",
            )
        yield piece
