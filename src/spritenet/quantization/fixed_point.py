"""Fixed-point multiplication: a real factor as multiplier / 2**shift, and the rounding rule."""

from __future__ import annotations

from collections.abc import Sequence
from math import frexp
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

__all__ = ["multipliers", "requantize", "round_half_up", "shared_multipliers"]

MOST_SHIFT = 62
"""With |sum| < 2**31 and a multiplier below 2**31, the rounded product fits 64 bits."""

SIGNIFICANT_BITS = 24
"""Those of a multiplier that may be 1; the last of them is. So float32 holds it, and if the factor
is below 1/2, no product with a sum below 2**24 is a half: one float32 multiplication and addition
round it exactly."""

SHARED_SHIFT = 24
"""The largest shift of operators with a multiplier for each input, so that 32 bits suffice."""


def round_half_up(values: NDArray[np.float64]) -> Integers:
    """Returns the nearest integers; of two, the larger."""
    return np.floor(values + 0.5).astype(np.int64)


def multipliers(
    ratios: Sequence[float] | NDArray[np.float64], where: str
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Returns the multiplier (31 bits, the last seven 0) and the shift of each factor.

    Args:
        ratios: positive factors, below 2**30.
        where: the layer's name, for the error.

    Raises:
        ModelError: a factor is too large.
    """
    found = []
    for ratio in ratios:
        fraction, exponent = frexp(ratio)
        odd = 2 * int(fraction * 2 ** (SIGNIFICANT_BITS - 1)) + 1
        multiplier, shift = odd << 31 - SIGNIFICANT_BITS, 31 - exponent
        if shift > MOST_SHIFT:
            multiplier, shift = multiplier >> min(shift - MOST_SHIFT, 31), MOST_SHIFT
        if shift < 1:
            raise ModelError("its values are too large for int8", where=where, got=f"{ratio:g}")
        found.append((multiplier, shift))
    both = np.array(found, np.int32).reshape(-1, 2)
    return both[:, 0].copy(), both[:, 1].copy()


def shared_multipliers(ratios: Sequence[float], where: str) -> tuple[NDArray[np.int32], int]:
    """Returns a multiplier for each factor, and one shift for all.

    They are so small that sums of products with 9-bit integers fit 32 bits.

    Raises:
        ModelError: a factor is too large.
    """
    most = (2**31 - 2**SHARED_SHIFT) // (256 * len(ratios))
    largest = max(*map(abs, ratios), 2.0 ** (-40))
    shift = SHARED_SHIFT
    while shift > 1 and largest * 2**shift > most:
        shift -= 1
    if largest * 2**shift > most:
        raise ModelError("its inputs are too large for int8", where=where, got=f"{largest:g}")
    return round_half_up(np.array(ratios) * 2.0**shift).astype(np.int32), shift


def requantize(
    sums: Integers, multiplier: NDArray[np.int32] | int, shift: NDArray[np.int32] | int
) -> Integers:
    """Returns floor((sum · multiplier + 2**(shift - 1)) / 2**shift): rounded, halves up."""
    shifts = np.asarray(shift, np.int64)
    return (sums * np.asarray(multiplier, np.int64) + (1 << (shifts - 1))) >> shifts
