"""Permutations of images, computed from a seed: the image at each position of each epoch.

A keyed permutation maps place to index: a Feistel network over just enough bits, walked along its
cycle until it lands inside the data set. So any part of any epoch is made without what came before
it, nothing is buffered, and a training resumes exactly where it was killed. The compiled core
(`core/order.h`) does the same arithmetic and yields the same integers;
`docs/explanation/permutation.md` defines it for a third implementation.

It knows numbers only: no images, no labels, no state.

The construction is that of format-preserving encryption (Black and Rogaway, "Ciphers with
Arbitrary Finite Domains", CT-RSA 2002). It shuffles; it keeps no secrets.
"""

from __future__ import annotations

import operator

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import InputError

__all__ = ["epoch_key", "permutation", "step_indices", "steps_per_epoch"]

LARGEST_SIZE = 2**62  # each half of a place then fits 31 bits, and all arithmetic on it 32
FEWEST_BITS = 8  # with halves of less than 4 bits, permutations of 2 to 12 places are biased
ROUNDS = 8
BLOCK = 1 << 15  # places at a time: four arrays of this many uint32 stay in a 1 MiB cache

GOLDEN = 0x9E3779B97F4A7C15  # 2^64 / golden ratio, as in splitmix64
SPLITMIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)  # splitmix64's finaliser, OOPSLA 2014
XXH32 = tuple(np.uint32(prime) for prime in (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D))  # its primes
WORD = 2**64 - 1


def permutation(
    seed: int, epoch: int, size: int, start: int = 0, stop: int | None = None
) -> NDArray[np.int64]:
    """Indices of the images at places `start` to `stop` of a shuffled epoch.

        >>> permutation(seed=0, epoch=0, size=10)
        array([0, 6, 2, 7, 3, 8, 1, 5, 9, 4])
        >>> permutation(seed=0, epoch=0, size=10, start=4, stop=7)
        array([3, 8, 1])

    Args:
        seed: any integer, taken modulo 2⁶⁴.
        epoch: 0 for the first; any integer, taken modulo 2⁶⁴.
        size: the number of images, 1 to 2⁶².
        start: the first position.
        stop: the position after the last; `size` by default.

    Returns:
        int64, `stop - start` of them. Over all places each of 0 … size-1 occurs exactly once.

    Raises:
        InputError: the size or the places are out of range.
    """
    seed, epoch, size, start = map(operator.index, (seed, epoch, size, start))
    stop = size if stop is None else operator.index(stop)
    if not 1 <= size <= LARGEST_SIZE:
        raise InputError("invalid number of images", where="size", expected="1 to 2^62", got=size)
    if not 0 <= start <= stop <= size:
        raise InputError(
            "positions out of range",
            expected=f"0 <= start <= stop <= {size}",
            got=f"start {start}, stop {stop}",
        )
    if size == 1:
        return np.arange(start, stop, dtype=np.int64)
    keys = _round_keys(seed, epoch)
    bits = (size - 1).bit_length()
    if bits <= FEWEST_BITS:
        return _walk_table(keys, size, start, stop)
    indices = np.arange(start, stop, dtype=np.int64)
    for first in range(0, len(indices), BLOCK):
        block = indices[first : first + BLOCK]
        block[:] = _encipher(block, keys, bits)
        (outside,) = np.nonzero(block >= size)
        while len(outside):  # walk the cycle: fewer than half are left at each step, on average
            walked = _encipher(block[outside], keys, bits)
            block[outside] = walked
            outside = outside[walked >= size]
    return indices


def steps_per_epoch(size: int, batch_size: int) -> int:
    """Steps that see every image once: the last one has what remains.

    >>> steps_per_epoch(size=60_000, batch_size=64)
    938
    """
    if size < 1 or batch_size < 1:
        raise InputError(
            "invalid number of images",
            expected="size and batch_size of at least 1",
            got=f"size {size}, batch_size {batch_size}",
        )
    return -(-size // batch_size)


def step_indices(seed: int, step: int, size: int, batch_size: int) -> NDArray[np.int64]:
    """Indices of the images that training's step number `step`, counted from 0, sees.

    Steps go through one epoch after another: an epoch's last step is short where `batch_size`
    does not divide `size`, and the next step begins the next epoch.

        >>> [step_indices(seed=0, step=step, size=5, batch_size=3).tolist() for step in range(4)]
        [[0, 1, 2], [4, 3], [2, 0, 3], [1, 4]]

    Returns:
        int64, `batch_size` of them or, at an epoch's end, fewer.

    Raises:
        InputError: a size or the step is out of range.
    """
    if step < 0:
        raise InputError("negative step", where="step", got=step)
    epoch, place = divmod(step, steps_per_epoch(size, batch_size))
    start = place * batch_size
    return permutation(seed, epoch, size, start, min(size, start + batch_size))


def epoch_key(seed: int, epoch: int) -> int:
    """The 64-bit word that stands for an epoch of a seed: from it come the permutation's keys.

    Orders that are made of several permutations take it as the seed of the inner ones.
    """
    return _mix(_mix(seed + GOLDEN) + epoch * GOLDEN + GOLDEN)


def _mix(word: int) -> int:
    """Splitmix64's finaliser, a full-avalanche permutation of 64-bit words."""
    word &= WORD
    word ^= word >> 30
    word = word * SPLITMIX[0] & WORD
    word ^= word >> 27
    word = word * SPLITMIX[1] & WORD
    return word ^ (word >> 31)


def _round_keys(seed: int, epoch: int) -> list[np.uint32]:
    """One 32-bit key a round, splitmix64's stream from a word that seed and epoch make."""
    key = epoch_key(seed, epoch)
    return [np.uint32(_mix(key + number * GOLDEN) >> 32) for number in range(1, ROUNDS + 1)]


def _walk_table(keys: list[np.uint32], size: int, start: int, stop: int) -> NDArray[np.int64]:
    """The permutation of a small data set, whose walks are long: every place is enciphered once."""
    following = _encipher(np.arange(1 << FEWEST_BITS), keys, FEWEST_BITS).tolist()
    indices = []
    for place in range(start, stop):
        index = following[place]
        while index >= size:
            index = following[index]
        indices.append(index)
    return np.array(indices, dtype=np.int64)


def _encipher(places: NDArray[np.int64], keys: list[np.uint32], bits: int) -> NDArray[np.uint64]:
    """The Feistel network: a permutation of 0 … 2^bits - 1, for each place (n) at once."""
    low_bits = bits - bits // 2
    low_mask = (1 << low_bits) - 1
    high = (places >> low_bits).astype(np.uint32)
    low = (places & low_mask).astype(np.uint32)
    word = np.empty_like(low)
    shifted = np.empty_like(low)
    for number, key in enumerate(keys):
        if number % 2 == 0:
            changed, other, width = high, low, bits // 2
        else:
            changed, other, width = low, high, low_bits
        np.bitwise_xor(other, key, out=word)
        for prime, shift in zip(XXH32, (15, 13, 16), strict=True):
            np.multiply(word, prime, out=word)
            np.right_shift(word, np.uint32(shift), out=shifted)
            np.bitwise_xor(word, shifted, out=word)
        np.right_shift(word, np.uint32(32 - width), out=word)
        np.bitwise_xor(changed, word, out=changed)
    return (high.astype(np.uint64) << np.uint64(low_bits)) | low
