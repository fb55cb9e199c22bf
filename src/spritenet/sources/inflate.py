"""Inflation of gzip files of known size, limited to that size.

libdeflate inflates into a buffer of exactly that size. Files that it refuses are inflated again by
the standard library's zlib, piece by piece: zlib reads several gzip members in a row, and reports
the error in a damaged file.
"""

from __future__ import annotations

import zlib
from pathlib import Path

from spritenet.errors import DataError

__all__ = ["GZIP_MAGIC", "inflate", "inflate_start"]

GZIP_MAGIC = b"\x1f\x8b"
GZIP = 31  # zlib's wbits for a gzip wrapper and the largest window
HIGHEST_RATIO = 1032  # deflate's: 258 bytes from two bits; zlib's technical notes
DO = "Download or copy it again."


def inflate_start(packed: bytes, size: int, where: Path) -> bytes:
    """Inflates the first `size` bytes of a gzip file, or fewer if it has fewer.

    Args:
        packed: the file, or its beginning.
        size: the number of bytes to inflate, at most.
        where: the file's name, for the error.

    Raises:
        DataError: the file is not gzip.
    """
    try:
        return zlib.decompressobj(GZIP).decompress(packed, size)
    except zlib.error as error:
        raise DataError("is damaged", where=where, got=_reason(error), do=DO) from None


def inflate(packed: bytes, size: int, where: Path) -> bytearray:
    """Inflates a gzip file, which must hold exactly `size` bytes.

    Args:
        packed: the whole file.
        size: the expected size in bytes, which is also the limit on memory.
        where: the file's name, for the error.

    Raises:
        DataError: the file is damaged, truncated, has trailing bytes, or inflates to another size.
            Nothing is allocated if the compressed bytes are too few for the size.
    """
    if size > HIGHEST_RATIO * len(packed):
        raise DataError(
            "its header states more data than the file can hold",
            where=where,
            expected=f"{size:,} bytes",
            got=f"{len(packed):,} compressed bytes",
            do=DO,
        )
    from spritenet.compression import deflate

    try:
        # A member ends with its size modulo 2^32; if the file doesn't, it has trailing bytes.
        if packed[-4:] == (size % 2**32).to_bytes(4, "little"):
            content = deflate.gzip_decompress(packed, size)
            if len(content) == size:
                return content
    except deflate.DeflateError:
        pass  # zlib gives the reason
    except MemoryError:
        raise DataError("does not fit into memory", where=where, got=f"{size:,} bytes") from None
    return _inflate_by_parts(packed, size, where)


def _inflate_by_parts(packed: bytes, size: int, where: Path) -> bytearray:
    """Inflates with zlib: slower, but handles several gzip members and reports the error."""
    content = bytearray()
    rest = packed
    while rest.startswith(GZIP_MAGIC):
        member = zlib.decompressobj(GZIP)
        try:
            content += member.decompress(rest, size + 1 - len(content))
        except zlib.error as error:
            raise DataError("is damaged", where=where, got=_reason(error), do=DO) from None
        if len(content) > size:
            raise DataError(
                "inflates to more than its header states", where=where, expected=f"{size:,} bytes"
            )
        if not member.eof:
            raise DataError(
                "ends too early",
                where=where,
                expected=f"{size:,} bytes when inflated",
                got=f"{len(content):,}",
                do=DO,
            )
        rest = member.unused_data
    if rest.strip(b"\0"):  # tapes and block devices pad with zeros, and gzip ignores them
        raise DataError(
            "extra bytes after the compressed data", where=where, got=f"{len(rest):,} bytes"
        )
    if len(content) < size:
        raise DataError(
            "holds less than its header states",
            where=where,
            expected=f"{size:,} bytes when inflated",
            got=f"{len(content):,}",
            do=DO,
        )
    return content


def _reason(error: zlib.error) -> str:
    """Returns zlib's message without its error number: "incorrect data check"."""
    return str(error).rpartition(": ")[2]
