"""Pseudo-characters: images of no script, which train the out-of-distribution detector."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Literal

import numpy as np

from spritenet.core.library import ERROR_BYTES, library
from spritenet.errors import CoreError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["draw_glyphs"]

SIZE = 28
"""Side of an image, in pixels."""


GlyphKind = Literal["random", "composed", "signs"]

KINDS: tuple[GlyphKind, ...] = ("random", "composed", "signs")
"""In the core's order."""


def draw_glyphs(kind: GlyphKind, count: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """Returns characters 0 … count - 1 of a seed, scaled and centred like MNIST's digits.

    Args:
        kind: "composed" of stems, bars, diagonals, bowls, arches and ovals on a common grid, whose
            ends meet as those of written characters do; "signs" of hooks, dots, zigzags, polygons
            and open ovals, too; "random" of random lines, arcs and corners.
        count: the number of characters.
        seed: any integer, taken modulo 2⁶⁴.

    Returns:
        uint8, count × 28 × 28 × 1; ink is 255.

    Raises:
        CoreError: the count is negative.
    """
    if count < 0:
        raise CoreError("negative number of characters", got=count)
    images = np.empty((count, SIZE, SIZE, 1), np.uint8)
    error = ctypes.create_string_buffer(ERROR_BYTES)
    if library().sn_draw_glyphs(seed % 2**64, KINDS.index(kind), count, images.ctypes.data, error):
        raise CoreError(error.value.decode(), where="core")
    return images
