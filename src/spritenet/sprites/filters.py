"""Row filters: None or Sub, whichever compresses better; no row needs the row above.

Some rows of a segment are compressed at the fastest level: with None for all, with Sub for all,
and, unless one of the two is much better, for each row the one with the smaller sum of absolute
differences (the PNG specification's advice, 12.7). Drawings on an even ground want None;
photographs want Sub.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["apply_filters"]

SAMPLE_BYTES = 1 << 14
MUCH = 1.15
"""The ratio of sizes above which choosing row by row gains nothing."""

FASTEST = 1  # libdeflate's level


def apply_filters(rows: NDArray[np.uint8], pixel_bytes: int) -> NDArray[np.uint8]:
    """Filters rows.

    Args:
        rows: rows of pixels (rows, bytes).
        pixel_bytes: bytes of a pixel.

    Returns:
        A filter byte and the filtered bytes, for each row: (rows, 1 + bytes).
    """
    step = max(1, rows.size // SAMPLE_BYTES)
    sample = rows[::step]
    ways = {"none": _none(sample), "sub": _sub(sample, pixel_bytes)}
    sizes = {way: _size(made) for way, made in ways.items()}
    if max(sizes.values()) < MUCH * min(sizes.values()):
        ways["either"] = _either(ways["none"], ways["sub"])
        sizes["either"] = _size(ways["either"])
    best = min(ways, key=lambda way: sizes[way])
    if step == 1:
        return ways[best]
    if best == "none":
        return _none(rows)
    made = _sub(rows, pixel_bytes)
    return made if best == "sub" else _either(_none(rows), made)


def _none(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    made = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
    made[:, 0] = 0
    made[:, 1:] = rows
    return made


def _sub(rows: NDArray[np.uint8], pixel_bytes: int) -> NDArray[np.uint8]:
    made = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
    made[:, 0] = 1
    made[:, 1 : 1 + pixel_bytes] = rows[:, :pixel_bytes]
    np.subtract(rows[:, pixel_bytes:], rows[:, :-pixel_bytes], out=made[:, 1 + pixel_bytes :])
    return made


def _either(none: NDArray[np.uint8], sub: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of each row the one with the smaller sum of absolute values, None if they are equal."""
    costs = [np.abs(way[:, 1:].view(np.int8).astype(np.int16)).sum(1) for way in (none, sub)]
    return np.where((costs[1] < costs[0])[:, np.newaxis], sub, none)


def _size(made: NDArray[np.uint8]) -> int:
    from spritenet.compression import deflate

    return len(deflate.deflate_compress(made, FASTEST))
