"""Deflate, CRC-32 and Adler-32, by libdeflate: several times as fast as zlib.

    from spritenet.compression import DeflateError, zlib_decompress

The one place that imports the library. Pyodide has no build of it; there, `by_zlib` has the same
functions. What one writes, the other reads, but compressed bytes differ.
"""

from __future__ import annotations

import sys

if sys.platform == "emscripten":
    from spritenet.compression.by_zlib import (
        DeflateError,
        adler32,
        crc32,
        deflate_compress,
        deflate_decompress,
        gzip_compress,
        gzip_decompress,
        zlib_compress,
        zlib_decompress,
    )
else:
    from deflate import (
        DeflateError,
        adler32,
        crc32,
        deflate_compress,
        deflate_decompress,
        gzip_compress,
        gzip_decompress,
        zlib_compress,
        zlib_decompress,
    )

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
