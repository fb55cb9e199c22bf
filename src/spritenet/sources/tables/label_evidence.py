"""Evidence for a label column: statistics of its values, compared with the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spritenet.sources.tables.text_rows import is_number

__all__ = ["Evidence", "is_count"]

HIGHEST_CLASS = 65_535
FEW_LEVELS = 16
"""Of pixels that are no bytes: bits, or scikit-learn's digits."""

MOSTLY = 0.9
"""The fraction of one value from which on a column is likelier an image's corner."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Statistics of a column's values.

    Args:
        whole: true for whole numbers that can be classes.
        lowest: the lowest value.
        highest: the highest value.
        distinct: the number of different values.
        rows: the number of values.
        mode: the fraction of the most frequent value.
        top: the highest value of all other columns.
    """

    whole: bool
    lowest: float
    highest: float
    distinct: int
    rows: int
    mode: float
    top: float

    @classmethod
    def of(cls, cells: Sequence[str], top: float) -> Evidence:
        """Computes the statistics of a column.

        Args:
            cells: the cells of the sampled rows.
            top: the highest number of the columns between.
        """
        if not all(map(is_number, cells)):
            return cls(False, 0, 0, len(set(cells)), len(cells), 1, top)
        values = np.array(cells, np.float64)
        found, counts = np.unique(values, return_counts=True)
        whole = bool((np.isfinite(values) & (values == np.rint(values))).all())
        possible = whole and found[0] >= 0 and found[-1] <= HIGHEST_CLASS
        mode = float(counts.max() / len(values))
        return cls(possible, found[0], found[-1], len(found), len(values), mode, top)

    @property
    def is_constant(self) -> bool:
        """True if there is only one value."""
        return self.distinct == 1

    @property
    def is_gapless(self) -> bool:
        """True if the values are 0, 1, … or 1, 2, …, none left out, each several times."""
        gapless = self.highest - self.lowest + 1 == self.distinct
        return gapless and self.lowest in {0, 1} and 2 * self.distinct <= self.rows

    @property
    def strong(self) -> tuple[bool, ...]:
        """Criteria, most decisive first, that decide for certain."""
        return self.whole, not self.is_constant, self.is_gapless

    @property
    def weak(self) -> tuple[bool, ...]:
        """Criteria for columns with equal strong ones: the range compared with the pixels'.

        An image's corner is mostly of one colour.
        """
        beyond = self.highest > self.top and self.top <= FEW_LEVELS
        return beyond, 4 * self.highest < self.top, self.mode < MOSTLY

    def is_likelier(self, other: Evidence) -> bool | None:
        """True if this column is likelier the label than another; None if undecided."""
        if not (self.whole or other.whole):
            return None
        for mine, its in zip(self.strong + self.weak, other.strong + other.weak, strict=True):
            if mine != its:
                return mine
        return None

    def __str__(self) -> str:
        """Describes the values, for messages."""
        if not self.whole:
            return "holds numbers that are no classes"
        if self.is_constant:
            return f"is always {self.lowest:g}"
        return f"has whole numbers from {self.lowest:g} to {self.highest:g}"


def is_count(cells: Sequence[str]) -> bool:
    """True for a column that counts the rows.

    The first must be 0 or 1, and each higher than the one before, evenly.
    """
    if len(cells) < 3 or not all(cell.isascii() and cell.isdecimal() for cell in cells):
        return False
    values = np.array([int(cell) for cell in cells[:1000]], np.float64)
    steps = np.diff(values)
    return values[0] in {0, 1} and steps[0] >= 1 and bool((steps == steps[0]).all())
