"""The pixel range: the values of black and white, where they are not 0 and 255."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import DataError, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "BEYOND",
    "FROM_ARRAYS",
    "LOAD",
    "RangeLike",
    "ValueRange",
    "coarse_note",
    "dim_note",
    "likely_range",
    "pixel_range_of",
]

RangeLike = tuple[float, float] | str
"""A range as an argument: (-1, 1) or "-1..1"."""

FROM_ARRAYS = "range={range} to Split.from_arrays"
LOAD = "range={range} (--range={option})"

BEYOND = "a value is beyond the range"
LEVELS = 255
BLOCK = 1 << 20  # values checked at a time
NUMBER = r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*"
DIM = 63
"""The highest value of images that are likelier to be on another scale than to be that dark."""

TOPS = (1, 15, 16, 31, DIM)
"""Values that may be white in dark ones: of 1 bit, 4 bits, scikit-learn's digits, 5 and 6 bits."""

HIGHEST = (1, 16, 255, 1023, 4095, 16383, 65535)
"""Of images that people hold as integers: bits, scikit-learn's digits, 8, 10, 12, 14, 16 bits."""


@dataclass(frozen=True, slots=True)
class ValueRange:
    """The values that become 0 and 255; between them there are 254 levels more, evenly spaced.

    Args:
        low: becomes 0, black.
        high: becomes 255, white.

    Raises:
        InputError: the range is invalid.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.high - self.low) and self.low < self.high):
            raise _no_range((self.low, self.high))

    @classmethod
    def of(cls, given: RangeLike) -> ValueRange:
        """Parses a range.

        >>> ValueRange.of("-1..1")
        ValueRange(low=-1.0, high=1.0)

        Raises:
            InputError: the range is invalid.
        """
        pair: Iterable[Any] = given
        if isinstance(given, str):
            match = re.fullmatch(NUMBER + r"(?:\.\.|,|:)" + NUMBER, given)
            pair = match.groups() if match else ()
        try:
            low, high = map(float, pair)
        except (TypeError, ValueError):
            raise _no_range(given) from None
        return cls(low, high)

    @classmethod
    def of_bits(cls, bits: int) -> ValueRange:
        """Returns the range of unsigned integers of this many bits.

        Raises:
            InputError: not 1 to 16.
        """
        if not 1 <= bits <= 16:
            raise InputError("unsupported bit depth", where="bits", expected="1 to 16", got=bits)
        return cls(0, 2**bits - 1)

    def __str__(self) -> str:
        return f"({self.low:g}, {self.high:g})"

    def as_argument(self, call: str) -> str:
        """Returns the argument that gives this range, for a message.

        >>> ValueRange(-1, 1).as_argument(LOAD)
        'range=(-1, 1) (--range=-1..1)'

        Args:
            call: `FROM_ARRAYS` or `LOAD`.
        """
        return call.format(range=self, option=f"{self.low:g}..{self.high:g}")

    @property
    def pair(self) -> tuple[float, float]:
        """Low and high."""
        return self.low, self.high

    @property
    def is_default(self) -> bool:
        """True for 0 to 255."""
        return self.pair == (0, LEVELS)

    @property
    def level(self) -> float:
        """The step from one level to the next."""
        return (self.high - self.low) / LEVELS

    def quantize(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Quantizes values to pixels, with an error of half a level at most.

        Values beyond the range by no more than that, as rounding leaves them, are its ends.

        >>> ValueRange(-1, 1).quantize(np.array([-1, 0, 0.5, 1])).tolist()
        [0, 128, 191, 255]

        Raises:
            DataError: a value is beyond the range, or no number.
        """
        exact = (values.astype(np.float64) - self.low) / self.level
        with np.errstate(invalid="ignore"):  # infinity - infinity: refused, not warned of
            pixels = np.clip(np.rint(exact), 0, LEVELS)
            wrong = ~(np.abs(exact - pixels) <= 0.5 + 1e-6)
        if wrong.any():
            raise DataError(
                BEYOND,
                where="images",
                expected=f"{self.low:g} to {self.high:g}",
                got=values[wrong][0],
                do="Pass a range that holds all values.",
            )
        return pixels.astype(np.uint8)


def pixel_range_of(given: RangeLike | None) -> tuple[float, float] | None:
    """Returns low and high of a range; None for no range and for 0 to 255."""
    wanted = None if given is None else ValueRange.of(given)
    return None if wanted is None or wanted.is_default else wanted.pair


def likely_range(values: NDArray[Any]) -> ValueRange | None:
    """Returns the likely range of values, for a message; None if there is none."""
    if not values.size or values.dtype.kind not in "iuf":
        return None
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)) or low == high:
        return None
    if values.dtype.kind in "iu" and low >= 0:
        return ValueRange(0, next((top for top in HIGHEST if top >= high), high))
    for least, most in ((0, 1), (-1, 1), (-0.5, 0.5), (0, 255)):
        if least <= low and high <= most and high - low >= (most - least) / 4:
            return ValueRange(least, most)
    step = 10 ** (math.floor(math.log10(high - low)) - 1)
    return ValueRange(
        float(f"{math.floor(low / step) * step:.6g}"), float(f"{math.ceil(high / step) * step:.6g}")
    )


def dim_note(images: NDArray[Any], call: str, scale: int = 1) -> str:
    """Returns a warning about images so dark that their scale is probably another; else "".

    Args:
        images: n first.
        call: the call that takes a range, as for `ValueRange.as_argument`.
        scale: the factor from values to pixels: 255 or 1.
    """
    rows = max(1, BLOCK // max(1, images[:1].size))
    highest = 0.0
    for first in range(0, len(images), rows):
        highest = max(highest, float(images[first : first + rows].max(initial=0)) * scale)
        if not highest <= DIM:
            return ""
    if highest < 1:
        return ""
    top = next(top for top in TOPS if top >= highest)
    white = ValueRange(0, top / scale)
    return (
        f"the highest pixel is {highest:.0f} of 255, so the images are nearly black: pass "
        f"{white.as_argument(call)} if {white.high:g} is white, range=(0, {LEVELS // scale}) if "
        "they are so dark"
    )


def coarse_note(pixels: NDArray[np.uint8]) -> str:
    """Returns a warning about pixels that use few of the 256 levels; else ""."""
    if not pixels.size:
        return ""
    low, high = int(pixels.min()), int(pixels.max())
    if low == high or high - low >= DIM // 2:
        return ""
    return (
        f"the images use {high - low + 1} of the 256 levels of their range: a narrower range "
        "would lose less"
    )


def _no_range(given: object) -> InputError:
    return InputError(
        "invalid range of values",
        where="range",
        expected="the lowest and the highest, such as (-1, 1) or -1..1",
        got=repr(given),
    )
