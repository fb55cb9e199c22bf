"""The functions of the library `deflate`, by the standard library's zlib.

Decompression takes the size of the result, which is also its limit; a stream that ends in another
place than its data, or would give more, is an error. libdeflate's levels 10 to 12 are zlib's 9.
"""

from __future__ import annotations

import zlib
from zlib import adler32, crc32

__all__ = [
    "DeflateError",
    "adler32",
    "crc32",
    "deflate_compress",
    "deflate_decompress",
    "gzip_compress",
    "gzip_decompress",
    "zlib_compress",
    "zlib_decompress",
]

Buffer = bytes | bytearray | memoryview
RAW, ZLIB, GZIP = -zlib.MAX_WBITS, zlib.MAX_WBITS, zlib.MAX_WBITS + 16
HIGHEST_LEVEL = 9


class DeflateError(Exception):
    """The data can't be decompressed to that size."""


def deflate_compress(data: Buffer, level: int = 6) -> bytearray:
    """Compresses to a raw deflate stream (RFC 1951)."""
    return _compressed(data, level, RAW)


def deflate_decompress(data: Buffer, size: int) -> bytearray:
    """Decompresses a raw deflate stream.

    Raises:
        DeflateError: it is damaged or gives more than `size` bytes.
    """
    return _decompressed(data, size, RAW)


def gzip_compress(data: Buffer, level: int = 6) -> bytearray:
    """Compresses to gzip (RFC 1952)."""
    return _compressed(data, level, GZIP)


def gzip_decompress(data: Buffer, size: int) -> bytearray:
    """Decompresses the first member of gzip data.

    Raises:
        DeflateError: it is damaged or gives more than `size` bytes.
    """
    return _decompressed(data, size, GZIP)


def zlib_compress(data: Buffer, level: int = 6) -> bytearray:
    """Compresses to a zlib stream (RFC 1950)."""
    return _compressed(data, level, ZLIB)


def zlib_decompress(data: Buffer, size: int) -> bytearray:
    """Decompresses a zlib stream.

    Raises:
        DeflateError: it is damaged or gives more than `size` bytes.
    """
    return _decompressed(data, size, ZLIB)


def _compressed(data: Buffer, level: int, wrapper: int) -> bytearray:
    """Returns the whole stream."""
    stream = zlib.compressobj(min(level, HIGHEST_LEVEL), zlib.DEFLATED, wrapper)
    return bytearray(stream.compress(data) + stream.flush())


def _decompressed(data: Buffer, size: int, wrapper: int) -> bytearray:
    """Returns the content of one stream."""
    stream = zlib.decompressobj(wrapper)
    try:
        content = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise DeflateError(str(error)) from None
    if not stream.eof or len(content) > size:
        raise DeflateError("the stream has no end within its size")
    return bytearray(content)
