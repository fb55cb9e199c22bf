"""Noise: the j-th random number of image i of a seed, the same on every machine.

It uses only integer operations and single IEEE 754 roundings: no `sin`, no `log`, and no NumPy
random stream, whose algorithms may change between versions. So the numbers are the same bits
everywhere, and image i never depends on the number of images.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Noise", "image_keys"]

# splitmix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)


def mix64(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finalizer of splitmix64: every input bit affects every output bit."""
    words = (words ^ (words >> np.uint64(30))) * MIX_1
    words = (words ^ (words >> np.uint64(27))) * MIX_2
    return words ^ (words >> np.uint64(31))


def image_keys(seed: int, stream: int, indices: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Returns a key for each image, from the seed, the stream (the split) and the index."""
    start = mix64(np.array([seed % 2**64], np.uint64) + GOLDEN)
    start = mix64(start + np.array([stream % 2**64], np.uint64) * GOLDEN + GOLDEN)
    return mix64(start + indices.astype(np.uint64) * GOLDEN)


class Noise:
    """Random numbers for n images at once. Each call takes the next numbers of every image.

    Args:
        keys: n keys, from `image_keys`.
    """

    def __init__(self, keys: NDArray[np.uint64]) -> None:
        self._keys = keys[:, None]
        self._used = 0

    def _words(self, count: int) -> NDArray[np.uint64]:
        places = np.arange(self._used + 1, self._used + count + 1, dtype=np.uint64)
        self._used += count
        return mix64(self._keys + places * GOLDEN)

    def _parts(self, count: int, kind: type[np.uint8 | np.uint16]) -> NDArray[np.float32]:
        """Returns at least `count` bytes or half words per image, as floats, lowest first."""
        words = self._words(-(-count * np.dtype(kind).itemsize // 8))
        if sys.byteorder == "big":
            words = words.byteswap()
        return words.view(kind).astype(np.float32)

    def uniform(self, count: int) -> NDArray[np.float32]:
        """Returns numbers (n × count) between 0 and 1, exclusive: odd multiples of 2^-17."""
        halves = self._parts(count, np.uint16)[:, :count]
        return (halves + np.float32(0.5)) * np.float32(2.0**-16)

    def normal(self, count: int) -> NDArray[np.float32]:
        """Returns numbers (n × count) of mean 0 and deviation 1, bell-shaped, within ±3.5.

        Each is the sum of four uniform bytes (an Irwin-Hall distribution), scaled.
        """
        parts = self._parts(4 * count, np.uint8)[:, : 4 * count]
        sums = parts[:, 0::4] + parts[:, 1::4] + parts[:, 2::4] + parts[:, 3::4]
        # A sum of four bytes has mean 510 and variance 4 (256^2 - 1) / 12 = 21845.
        return (sums - np.float32(510)) * np.float32(21845.0**-0.5)
