"""The core's counter-based random numbers, and its permutation, in integer tensors.

Words of 64 bits are int64 tensors and words of 32 bits are int32 tensors: products wrap around, and
a logical shift is a shift and a mask. The same integers come from core/order.h.
"""

from __future__ import annotations

import torch

__all__ = [
    "GOLDEN",
    "Counter",
    "epoch_order",
    "epoch_words",
    "image_keys",
    "layer_key",
    "mix64",
    "signed",
]

GOLDEN = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio."""

STEP = 0xD1B54A32D192ED03
EPOCH = 0xA0761D6478BD642F
SPLITMIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
PRIMES = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
ROUNDS = 8
WORD = 2**64 - 1


def signed(word: int, bits: int = 64) -> int:
    """Returns the integer of two's complement with these bits."""
    word &= (1 << bits) - 1
    return word - (1 << bits) if word >> (bits - 1) else word


def _mix(word: int) -> int:
    word &= WORD
    for shift, prime in zip((30, 27), SPLITMIX, strict=True):
        word = (word ^ (word >> shift)) * prime & WORD
    return word ^ (word >> 31)


def mix64(words: torch.Tensor) -> torch.Tensor:
    """Returns splitmix64's finaliser of int64 words."""
    for shift, prime in zip((30, 27), SPLITMIX, strict=True):
        words = (words ^ _shifted(words, shift, 64)) * signed(prime)
    return words ^ _shifted(words, 31, 64)


def _shifted(words: torch.Tensor, shift: int, bits: int) -> torch.Tensor:
    """Returns a logical shift to the right."""
    return (words >> shift) & ((1 << (bits - shift)) - 1)


def _scrambled(words: torch.Tensor) -> torch.Tensor:
    """Returns MurmurHash3's finaliser behind one multiplication, of int32 words."""
    first, second, third = (signed(prime, 32) for prime in PRIMES)
    words = words * first
    words = (words ^ _shifted(words, 15, 32)) * second
    words = (words ^ _shifted(words, 13, 32)) * third
    return words ^ _shifted(words, 16, 32)


def layer_key(seed: int, step: int, node: int) -> tuple[int, int]:
    """Returns the two 32-bit keys of a random layer in a step."""
    mixed = _mix(_mix(seed + GOLDEN) + step * GOLDEN + (node + 1) * STEP)
    return signed(mixed >> 32, 32), signed(mixed, 32)


def epoch_words(seed: int, epoch: int) -> int:
    """Returns the word of an epoch, from which come the keys of its images."""
    return signed(_mix(_mix(seed + GOLDEN) + epoch * GOLDEN + EPOCH))


def image_keys(epoch_word: torch.Tensor, identities: torch.Tensor) -> torch.Tensor:
    """Returns the key of each image in an epoch, int64."""
    return mix64(epoch_word + (identities + 1) * signed(STEP))


class Counter:
    """The random numbers of a layer for the images of a batch.

    Args:
        keys: int32 (2,), of `layer_key`.
        first: the place of the first image in the whole batch.
        count: the number of images.
    """

    def __init__(self, keys: torch.Tensor, first: int, count: int) -> None:
        places = torch.arange(first, first + count, dtype=torch.int32, device=keys.device)
        self._images = _scrambled(places ^ keys[1]).unsqueeze(1)
        self._key = keys[0]

    def __call__(self, places: torch.Tensor) -> torch.Tensor:
        """Returns an int32 word for each image and each place, (images, places)."""
        return _scrambled(self._images ^ (places * signed(PRIMES[0], 32) + self._key))

    def is_below(self, places: torch.Tensor, threshold: int) -> torch.Tensor:
        """Returns True where a number of 24 bits is below a threshold."""
        return _shifted(self(places), 8, 32) < threshold

    def normal(self, places: torch.Tensor) -> torch.Tensor:
        """Returns normally distributed float32 numbers, by Teichroew's method."""
        total = torch.zeros((), dtype=torch.int32, device=places.device)
        for k in range(6):
            words = self(places * 6 + k)
            total = total + _shifted(words, 16, 32) + (words & 0xFFFF)
        r = (total - 6 * 65535).float() * (0.25 / 65536.0)
        square = r * r
        p = square * 0.029899776
        for coefficient in (0.008355968, 0.076542912, 0.252408784):
            p = (p + coefficient) * square
        return (p + 3.949846138) * r


def epoch_order(seed: int, epoch: int, size: int, device: torch.device) -> torch.Tensor:
    """Returns the permutation of an epoch, int64 (size,): `spritenet.permutation` on a device.

    A place outside 0 … size - 1 is followed until the walk comes inside. All walks are followed at
    once by doubling their steps, so that nothing waits for the device.
    """
    if size == 1:
        return torch.zeros(1, dtype=torch.int64, device=device)
    key = _mix(_mix(seed + GOLDEN) + epoch * GOLDEN + GOLDEN)
    keys = [signed(_mix(key + r * GOLDEN) >> 32, 32) for r in range(1, ROUNDS + 1)]
    bits = max(8, (size - 1).bit_length())
    low_bits = bits - bits // 2
    places = torch.arange(1 << bits, dtype=torch.int32, device=device)
    high, low = places >> low_bits, places & ((1 << low_bits) - 1)
    for r in range(0, ROUNDS, 2):
        high = high ^ _shifted(_scrambled(low ^ keys[r]), 32 - bits // 2, 32)
        low = low ^ _shifted(_scrambled(high ^ keys[r + 1]), 32 - low_bits, 32)
    following = ((high << low_bits) | low).long()
    every = torch.arange(1 << bits, device=device)
    jump = torch.where(every < size, every, following)  # what is inside stays
    for _ in range(bits):
        jump = jump[jump]
    return jump[following[:size]]
