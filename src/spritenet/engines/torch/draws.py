"""Draws: the random numbers of one layer for each image, as core/random.h draws them."""

from __future__ import annotations

import torch

from spritenet.engines.torch.counters import GOLDEN, mix64, signed

__all__ = [
    "Draws",
    "bounded_exp",
    "direction",
    "drawn_side",
    "inside",
    "normal_of",
    "pixels_of",
    "remainder",
    "rounded_half_up",
    "wide",
]

TRIES = 8
"""Candidates for a number of the gamma distribution; one in twenty is rejected, at most."""


def rounded_half_up(value: torch.Tensor) -> torch.Tensor:
    """Returns float64 numbers rounded to whole ones, halves away from 0."""
    return torch.where(value < 0, value - 0.5, value + 0.5).trunc()


def bounded_exp(x: torch.Tensor) -> torch.Tensor:
    """Returns exp(x) by the core's series."""
    n = rounded_half_up(x * (1 / 0.693147180559945309417))
    r = x - n * 0.693147180559945309417
    p = torch.ones_like(x)
    for k in range(13, 0, -1):
        p = 1 + p * r / k
    return torch.ldexp(p, n)


def direction(turns: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns cosine and sine of an angle in turns, exact for quarters."""
    n = rounded_half_up(turns * 4)
    x = (turns - n * 0.25) * 6.283185307179586476925
    z = x * x
    sine, cosine = torch.ones_like(x), torch.ones_like(x)
    for k in range(16, 0, -2):
        cosine = 1 - cosine * z / (k * (k - 1))
        sine = 1 - sine * z / (k * (k + 1))
    sine = sine * x
    quarter = n.long() & 3
    swapped = (quarter & 1) == 1
    first, second = torch.where(swapped, sine, cosine), torch.where(swapped, cosine, sine)
    first = torch.where((quarter == 1) | (quarter == 2), -first, first)
    second = torch.where(quarter >= 2, -second, second)
    return first, second


class Draws:
    """The numbers of a layer for images, one after the other.

    Args:
        keys: of the images, int64 (n,).
        layer: the layer's place among those that augment.
    """

    def __init__(self, keys: torch.Tensor, layer: int) -> None:
        self._key = mix64(keys + signed((layer + 1) * GOLDEN))
        self._count = torch.zeros_like(keys)

    @property
    def key(self) -> torch.Tensor:
        """The key of each image, int64 (n,)."""
        return self._key

    def word(self) -> torch.Tensor:
        """Returns the next word, int64 (n,)."""
        self._count = self._count + 1
        return mix64(self._key + self._count * signed(GOLDEN))

    def words(self, count: int) -> torch.Tensor:
        """Returns the next words, int64 (n, count)."""
        self._count = self._count + count
        return self.after(torch.arange(1 - count, 1, device=self._key.device).unsqueeze(0))

    def after(self, places: torch.Tensor) -> torch.Tensor:
        """Returns the words at places counted from the last, int64 (n, …)."""
        sides = (len(self._key), *[1] * (places.dim() - 1))
        numbers = self._count.view(sides) + places
        return mix64(self._key.view(sides) + numbers * signed(GOLDEN))

    def uniform(self) -> torch.Tensor:
        """Returns float64 numbers, 0 ≤ u < 1."""
        return ((self.word() >> 11) & ((1 << 53) - 1)).double() * 2.0**-53

    def between(self, low: float, high: float) -> torch.Tensor:
        """Returns float64 numbers in a range."""
        return low + self.uniform() * (high - low)

    def below(self, most: int) -> torch.Tensor:
        """Returns whole numbers 0 … most - 1."""
        return remainder(self.word(), most)

    def normal(self) -> torch.Tensor:
        """Returns normally distributed numbers, by the sum of twelve."""
        return normal_of([self.word() for _ in range(3)])

    def beta(self, alpha: torch.Tensor) -> torch.Tensor:
        """Returns numbers of the beta distribution with both parameters alike."""
        first = self._log_gamma(alpha)
        difference = self._log_gamma(alpha) - first
        found = 1 / (1 + difference.clamp(-600, 600).exp())
        found = torch.where(difference > 600, torch.zeros_like(found), found)
        return torch.where(difference < -600, torch.ones_like(found), found)

    def _log_gamma(self, shape: torch.Tensor) -> torch.Tensor:
        """Returns logarithms of numbers of the gamma distribution (Marsaglia and Tsang, 2000)."""
        before = self._count
        small = shape < 1
        less = torch.where(small, (1 - self.uniform()).log() / shape, torch.zeros_like(shape))
        self._count = torch.where(small, self._count, before)
        d = torch.where(small, shape + 1, shape) - 1.0 / 3
        c = 1 / (9 * d).sqrt()
        found = d.log()
        searching = torch.ones_like(small)
        for _ in range(TRIES):
            before = self._count
            x = self.normal()
            root = 1 + c * x
            positive = root > 0
            v = root.clamp(min=1e-30) ** 3
            most = x * x * 0.5 + d - d * v + d * v.log()
            behind = self._count
            accepted = positive & ((1 - self.uniform()).log() < most)
            after = torch.where(positive, self._count, behind)
            self._count = torch.where(searching, after, before)
            found = torch.where(searching & accepted, d.log() + v.log(), found)
            searching = searching & ~accepted
        return found + less


def normal_of(words: list[torch.Tensor]) -> torch.Tensor:
    """Returns the normally distributed number of three words, float64."""
    total = torch.zeros_like(words[0])
    for word in words:
        for k in range(4):
            total = total + ((word >> (16 * k)) & 0xFFFF)
    return (total - 6 * 65535).double() * 2.0**-16


def remainder(words: torch.Tensor, most: int) -> torch.Tensor:
    """Returns the remainder of unsigned 64-bit words."""
    high, low = (words >> 32) & 0xFFFFFFFF, words & 0xFFFFFFFF
    return ((high % most) * ((1 << 32) % most) + low % most) % most


def drawn_side(
    draws: Draws, side: int, fraction: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the first pixel of a part of a side, and the one behind its last: int64 (n,).

    Args:
        draws: the numbers.
        side: pixels.
        fraction: of the side that the part is long.
    """
    length = fraction * side
    start = draws.uniform() * (side - length)
    return start.ceil().long(), (start + length).ceil().long().clamp(max=side)


def wide(values: torch.Tensor) -> torch.Tensor:
    """Returns numbers of images beside those of pixels: (n, 1, 1)."""
    return values.view(-1, 1, 1)


def inside(
    top: torch.Tensor, bottom: torch.Tensor, left: torch.Tensor, right: torch.Tensor, h: int, w: int
) -> torch.Tensor:
    """Returns True for the pixels of rectangles, (n, h, w)."""
    rows = torch.arange(h, device=top.device).view(1, -1, 1)
    columns = torch.arange(w, device=top.device).view(1, 1, -1)
    vertical = (rows >= wide(top)) & (rows < wide(bottom))
    return vertical & (columns >= wide(left)) & (columns < wide(right))


def pixels_of(values: torch.Tensor) -> torch.Tensor:
    """Returns float64 values as pixels, uint8."""
    return (values.clamp(0, 255) + 0.5).floor().clamp(max=255).to(torch.uint8)
