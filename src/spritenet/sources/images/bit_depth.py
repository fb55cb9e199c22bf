"""Bit depth: the number of bits of values in 16-bit files, and their reduction to 8.

Cameras, scanners and microscopes write 10, 12 or 14 bits into 16-bit files. Divided by 65,535
these would be nearly black, so the highest value of a data set decides, or `bits`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import DataError

__all__ = ["ALL_BITS", "likely_bits", "reduce_to_8_bits", "too_many_bits"]

ALL_BITS = 16
USUAL = (8, 10, 12, 14, ALL_BITS)


def likely_bits(highest: int) -> int:
    """Returns the usual bit depth that holds a value.

    >>> likely_bits(4032), likely_bits(200), likely_bits(40000)
    (12, 8, 16)
    """
    return next((bits for bits in USUAL if highest < 2**bits), ALL_BITS)


def reduce_to_8_bits(values: NDArray[np.integer], bits: int) -> NDArray[np.uint8]:
    """Reduces values of this many bits to 8, rounded; higher values become 255."""
    top = 2**bits - 1
    within = np.minimum(values.astype(np.int64), top)
    eight: NDArray[np.int64] = (within * 255 + top // 2) // top
    return eight.astype(np.uint8)


def too_many_bits(where: str, highest: int, bits: int) -> DataError:
    """Returns the error for a value beyond the bit depth."""
    return DataError(
        f"a value has more than {bits} bits",
        where=where,
        expected=f"0 to {2**bits - 1:,}",
        got=f"{highest:,}",
        do=f"Pass the bit depth of all images: bits={likely_bits(highest)} "
        f"(--bits {likely_bits(highest)}).",
    )
