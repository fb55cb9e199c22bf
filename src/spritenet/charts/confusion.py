"""ConfusionMatrix: the classes, counts and fractions that a drawn confusion matrix shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ConfusionMatrix"]

MOST_CLASSES = 40
"""Classes that are shown; of more, those with the most mistakes, and the note says so."""


@dataclass(frozen=True, slots=True, eq=False)
class ConfusionMatrix:
    """A confusion matrix as it is drawn: rows are true classes, columns predicted ones.

    The diagonal is coloured by the fraction of the class that is right, all other cells by their
    count in proportion to the largest one, so that rare mistakes are seen.

    Attributes:
        classes: indices of the classes that are shown, int64 (k,), ascending.
        names: their names.
        counts: images, (k, k).
        shades: the shade of each cell, from 0 (light) to 1 (dark), float64 (k, k).
        most_mistakes: the largest count outside the diagonal.
        note: "the 40 most confused of 100 classes"; "" if all are shown.
    """

    classes: NDArray[np.int64]
    names: tuple[str, ...]
    counts: NDArray[np.int64] | NDArray[np.float64]
    shades: NDArray[np.float64]
    most_mistakes: float
    note: str

    @classmethod
    def of(cls, counts: NDArray[np.int64] | NDArray[np.float64], names: Sequence[str]) -> Self:
        """Chooses the classes with the most mistakes, and the shades.

        Args:
            counts: images of class i predicted as class j, (n, n).
            names: of the classes, n.
        """
        classes = np.arange(len(counts), dtype=np.int64)
        note = ""
        if len(counts) > MOST_CLASSES:
            mistakes = counts.sum(axis=1) + counts.sum(axis=0) - 2 * np.diag(counts)
            classes = np.sort(np.argsort(-mistakes, kind="stable")[:MOST_CLASSES])
            note = f"the {MOST_CLASSES} most confused of {len(counts):,} classes"
        inside = counts[np.ix_(classes, classes)]
        wrong = inside - np.diag(np.diag(inside))
        most = float(wrong.max(initial=0))
        shades = wrong / max(1.0, most)
        images = np.maximum(1, counts.sum(axis=1)[classes])
        np.fill_diagonal(shades, np.diag(inside) / images)
        shown = tuple(names[number] for number in classes.tolist())
        return cls(classes.astype(np.int64), shown, inside, shades, most, note)
