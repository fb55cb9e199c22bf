"""The functions of the library `deflate`, by the standard library's zlib.

Decompression takes the size of the result, which is also its limit; a stream that ends in another
place than its data, or would give more, is an error. libdeflate's levels 10 to 12 are zlib's 9.
"""

from __future__ import annotations

import zlib
from functools import partial
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


def _compress(wrapper: int, data: Buffer, level: int = 6) -> bytearray:
    """Returns the stream of some data."""
    stream = zlib.compressobj(min(level, HIGHEST_LEVEL), zlib.DEFLATED, wrapper)
    return bytearray(stream.compress(data) + stream.flush())


def _decompress(wrapper: int, data: Buffer, size: int) -> bytearray:
    """Returns the content of a stream.

    Raises:
        DeflateError: it is damaged or gives more than `size` bytes.
    """
    stream = zlib.decompressobj(wrapper)
    try:
        content = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise DeflateError(str(error)) from None
    if not stream.eof or len(content) > size:
        raise DeflateError("the stream has no end within its size")
    return bytearray(content)


deflate_compress = partial(_compress, RAW)
deflate_decompress = partial(_decompress, RAW)
gzip_compress = partial(_compress, GZIP)
gzip_decompress = partial(_decompress, GZIP)
zlib_compress = partial(_compress, ZLIB)
zlib_decompress = partial(_decompress, ZLIB)
