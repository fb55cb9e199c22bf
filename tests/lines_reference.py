"""The drawing of pen lines once more, slowly, in NumPy: an oracle for core/strokes.cpp.

The same integer arithmetic (lengths in 1/256 pixel), over whole arrays instead of rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["UNIT", "draw_lines"]

UNIT = 256
"""Lengths in one pixel."""


def draw_lines(
    places: NDArray[np.int16],
    lifts: NDArray[np.bool_],
    gains: NDArray[np.int32],
    *,
    box: int = 20,
    size: int = 28,
) -> NDArray[np.uint8]:
    """Draw n pictures of t points each, all with the pen lifted at the same places.

    Args:
        places: n × t × 3: x, y and the pen's radius, in 1/256 pixel, inside the box.
        lifts: t; true where the pen is lifted before that point.
        gains: n; how fast the ink's edge rises: 256 for one pixel from white to black.
        box: side of the square the ink fits in.
        size: side of the picture, in whose centre the ink's centre of mass is put.

    Returns:
        n × size × size × 1, ink is 255.
    """
    n, t, _ = places.shape
    centre = np.arange(box, dtype=np.int32) * UNIT + UNIT // 2
    best = np.full((n, box, box), -32768, np.int32)
    p = places.astype(np.int32)[:, :, :, None, None]
    for k in range(1, t):
        if lifts[k]:
            continue
        ax, ay, ar = p[:, k - 1, 0], p[:, k - 1, 1], p[:, k - 1, 2]
        dx, dy, dr = p[:, k, 0] - ax, p[:, k, 1] - ay, p[:, k, 2] - ar
        length = np.sqrt((dx * dx + dy * dy).astype(np.float32)).astype(np.int32)
        some = np.maximum(length, 1)
        ux = np.where(length == 0, 16384, _towards_zero(dx * 16384, some))
        uy = np.where(length == 0, 0, _towards_zero(dy * 16384, some))
        slope = _towards_zero(dr * 4096, some)
        px = centre[None, None, :] - ax
        py = centre[None, :, None] - ay
        along = (px * ux + py * uy + 8192) >> 14
        across = (px * uy - py * ux + 8192) >> 14
        inside = np.clip(along, 0, length)
        over = along - inside
        distance = np.sqrt((across * across + over * over).astype(np.float32)).astype(np.int32)
        np.maximum(best, ar + ((inside * slope) >> 12) - distance, out=best)
    ink = np.clip(128 + ((best * gains[:, None, None]) >> 8), 0, 255)
    return _centred(ink.astype(np.uint8), size)


def _towards_zero(a: NDArray[np.int32], b: NDArray[np.int32]) -> NDArray[np.int32]:
    """Divides as C does, towards zero; b positive."""
    return np.sign(a) * (np.abs(a) // b)


def _centred(ink: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Pictures (n × box × box) put into n × size × size × 1 by their centres of mass."""
    n, box, _ = ink.shape
    out = np.zeros((n, size, size, 1), np.uint8)
    places = np.arange(box)
    mass = np.maximum(ink.sum((1, 2), dtype=np.int64), 1)
    rows = (ink.sum(2, dtype=np.int64) * places).sum(1)
    columns = (ink.sum(1, dtype=np.int64) * places).sum(1)
    # size/2 - mean, rounded: MNIST's centres of mass lie at pixel number 14, not between 13 and 14.
    top = np.clip(((size + 1) * mass - 2 * rows) // (2 * mass), 0, size - box)
    left = np.clip(((size + 1) * mass - 2 * columns) // (2 * mass), 0, size - box)
    for i in range(n):
        out[i, top[i] : top[i] + box, left[i] : left[i] + box, 0] = ink[i]
    return out
