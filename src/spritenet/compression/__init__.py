"""Deflate, CRC-32 and Adler-32, by libdeflate: several times as fast as zlib.

    from spritenet.compression import deflate

The one place that imports the library. Pyodide has no build of it; there, `by_zlib` has the same
functions. What one writes, the other reads, but compressed bytes differ.
"""

from __future__ import annotations

import sys

if sys.platform == "emscripten":
    from spritenet.compression import by_zlib as deflate
else:
    import deflate

__all__ = ["deflate"]
