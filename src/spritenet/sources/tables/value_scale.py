"""Value scales of tables, inferred from a sample: bytes, fractions of 255, or a range.

0 … 255             bytes, as they are
0 … 16, 0 and 1     scaled to 255, with a note
0.0039216           k/255 as printed with a few digits
-1 … 1              quantized to 256 levels, if the range is given
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.value_range import LOAD, ValueRange, likely_range
from spritenet.errors import DataError
from spritenet.sources.tables.text_rows import parse_floats

__all__ = ["BYTES", "ValueScale", "infer_scale"]

SCALED = (1, 15, 16)
"""Highest values of images that are no bytes: bits, 4 bits, scikit-learn's and UCI's digits."""

DIM = 63
"""The highest value up to which images are likelier on another scale than so dark."""


FEW_WRONG = 0.02
"""The fraction of wrong numbers up to which they are mistakes, named when they are read."""

CLOSE = 1e-3
"""The distance from whole numbers at which float32 leaves k/255, times 255, with room to spare."""


@dataclass(frozen=True, slots=True)
class ValueScale:
    """The scale of a table's numbers.

    Args:
        range: the values of black and white; None for bytes and fractions.
        tolerance: the distance of fractions, times 255, from whole numbers; 0 for bytes.
        found: true if the range was inferred.
    """

    range: ValueRange | None = None
    tolerance: float = 0.0
    found: bool = False

    @property
    def pixel_range(self) -> tuple[float, float] | None:
        """The values of black and white; None for 0 and 255."""
        return None if self.range is None or self.range.is_default else self.range.pair

    @property
    def expected(self) -> str:
        """The expected numbers, for errors."""
        if self.range is not None:
            return f"{self.range.low:g} to {self.range.high:g}"
        return (
            "a multiple of 1/255 from 0 to 1" if self.tolerance else "a whole number from 0 to 255"
        )

    @property
    def advice(self) -> str:
        """Advice for other numbers."""
        if not self.found and not self.tolerance:
            return ""
        call = LOAD.format(range="(LOW, HIGH)", option="LOW..HIGH")
        return f"Pass the values of black and white: {call}."

    def pixels(self, values: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Converts numbers to pixels, with a mask of those that are none."""
        if self.range is not None:
            exact = (values - self.range.low) / self.range.level
            near = 0.5 + 1e-6
        else:
            exact = values * 255 if self.tolerance else values
            near = self.tolerance
        with np.errstate(invalid="ignore"):  # infinity - infinity: refused, not warned of
            whole = np.clip(np.rint(exact), 0, 255)
            wrong = ~(np.abs(exact - whole) <= near)
        return np.where(wrong, 0, whole).astype(np.uint8), wrong

    def of_bytes(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
        """Converts whole numbers up to 255 to pixels; None if one is none."""
        if self == BYTES:
            return pixels
        table, wrong = self.pixels(np.arange(256, dtype=np.float64))
        return None if wrong[pixels].any() else table[pixels]


BYTES = ValueScale()


def infer_scale(
    cells: Sequence[str],
    given: ValueRange | None,
    where: object,
    all_highest: Callable[[], float] | None = None,
) -> tuple[ValueScale, tuple[str, ...]]:
    """Infers the scale of a table's numbers.

    Args:
        cells: a sample of them, as text.
        given: the range, or None.
        where: the table, for errors.
        all_highest: returns the highest of all numbers, called if that of the sample is low.

    Returns:
        The scale, and a warning if it is ambiguous.

    Raises:
        DataError: the numbers are no pixels, and there is no range.
    """
    numbers = parse_floats(cells)
    numbers = numbers[np.isfinite(numbers)]
    if given is not None:
        whole = bool((numbers == np.rint(numbers)).all())
        return (BYTES if given.is_default and whole else ValueScale(given)), ()
    if not len(numbers):
        return BYTES, ()
    low, high = float(numbers.min()), float(numbers.max())
    if all_highest is not None and high <= SCALED[-1]:
        high = max(high, all_highest())
    wrong = (numbers < 0) | (numbers > 255) | (numbers != np.rint(numbers))
    if np.count_nonzero(wrong) <= max(1, FEW_WRONG * np.count_nonzero(numbers)):
        return _of_whole(high)
    tolerance = max(CLOSE, 255 * 0.5 * 10.0 ** -_decimal_places(cells) * 1.001)
    if low >= 0 and high <= 1 and tolerance < 0.25:
        near = np.abs(numbers * 255 - np.rint(numbers * 255)) <= tolerance
        if near.all():
            return ValueScale(tolerance=tolerance), ()
    whole = bool((numbers == np.rint(numbers)).all()) and high < 2**31
    likely = likely_range(numbers.astype(np.int64) if whole else numbers) or ValueRange(0, 1)
    raise DataError(
        "invalid pixel values",
        where=where,
        expected="whole numbers from 0 to 255, or multiples of 1/255 from 0 to 1",
        got=f"numbers from {low:g} to {high:g}",
        do=f"Pass the values of black and white, such as {likely.as_argument(LOAD)}: "
        "they are quantized to 256 levels.",
    )


def _decimal_places(cells: Iterable[str]) -> int:
    """Returns the most decimal places of printed numbers.

    Of those from 0.1 on, if there are any: smaller ones may be printed with as many digits that
    count, and so with more behind the point.

    >>> _decimal_places(["0.988235", "0.00392157", "1.0"])
    6
    """
    most = fewest = 0
    for cell in cells:
        _, point, behind = cell.partition(".")
        if not point or not behind.isdigit():
            continue
        fewest = max(fewest, len(behind))
        if behind[0] != "0":
            most = max(most, len(behind))
    return most or fewest


def _of_whole(high: float) -> tuple[ValueScale, tuple[str, ...]]:
    """Returns the scale of whole numbers, and warnings."""
    if high <= 0 or high > DIM:
        return BYTES, ()
    top = next((top for top in SCALED if top >= high), 0)
    if top:
        note = (
            f"the numbers go from 0 to {high:g}, not to 255: {top} was taken as white "
            f"({ValueRange(0, 255).as_argument(LOAD)} leaves them as they are)"
        )
        return ValueScale(ValueRange(0, top), found=True), (note,)
    note = (
        f"the highest number is {high:g} of 255, so the images are nearly black: pass "
        f"{ValueRange(0, high).as_argument(LOAD)} if {high:g} is white"
    )
    return BYTES, (note,)
