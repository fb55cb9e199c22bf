"""Rasterisation of pen lines into small grey images: the same pixels on every machine."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from spritenet.core.library import ERROR_BYTES, library
from spritenet.errors import CoreError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["UNIT", "draw_lines"]

UNIT = 256
"""Lengths in one pixel."""


class _CLines(ctypes.Structure):
    """sn_lines."""

    _fields_: ClassVar = [
        ("places", ctypes.c_void_p),
        ("lifts", ctypes.c_void_p),
        ("gains", ctypes.c_void_p),
        ("count", ctypes.c_int64),
        ("points", ctypes.c_int32),
        ("box", ctypes.c_int32),
        ("size", ctypes.c_int32),
    ]


def draw_lines(
    places: NDArray[np.int16],
    lifts: NDArray[np.bool_],
    gains: NDArray[np.int32],
    *,
    box: int = 20,
    size: int = 28,
) -> NDArray[np.uint8]:
    """Draws n images of t points each, all with the pen lifted at the same points.

    Args:
        places: int16, n × t × 3: x, y and the pen's radius, in 1/256 pixel, inside the box.
        lifts: t; true where the pen is lifted before that point.
        gains: int32, n; the slope of the ink's edge: 256 for one pixel from none to full.
        box: side of the square the ink fits in, 1 to 64 pixels.
        size: side of an image; the ink's centre of mass is moved to its middle.

    Returns:
        uint8, n × size × size × 1; ink is 255.

    Raises:
        CoreError: something is out of range.
    """
    count, points, _ = places.shape
    places = np.ascontiguousarray(places, np.int16)
    lifts_u8 = np.ascontiguousarray(lifts, np.uint8)
    gains = np.ascontiguousarray(gains, np.int32)
    if lifts_u8.shape != (points,) or gains.shape != (count,) or places.shape[2] != 3:
        raise CoreError("the sizes of the arrays differ")
    images = np.empty((count, size, size, 1), np.uint8)
    lines = _CLines(
        places.ctypes.data, lifts_u8.ctypes.data, gains.ctypes.data, count, points, box, size
    )
    error = ctypes.create_string_buffer(ERROR_BYTES)
    if library().sn_draw_lines(ctypes.addressof(lines), images.ctypes.data, error):
        raise CoreError(error.value.decode(), where="core")
    return images
