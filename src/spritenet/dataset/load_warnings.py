"""Load warnings: unreadable images and assumptions, collected while data is loaded."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field

from spritenet.errors import DataError, DataWarning

__all__ = ["LoadWarnings", "warn"]

FEW = 3
PACKAGE = __name__.partition(".")[0]


def warn(note: str) -> None:
    """Issues a DataWarning at the line outside this package that caused it."""
    level, frame = 1, sys._getframe()  # noqa: SLF001 - warnings.warn itself walks the stack like this
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    warnings.warn(note if note.endswith(".") else f"{note}.", DataWarning, stacklevel=level)


def _is_ours(module: str) -> bool:
    return module == PACKAGE or module.startswith(f"{PACKAGE}.")


@dataclass(slots=True)
class LoadWarnings:
    """Warnings collected while data is loaded.

    Attributes:
        left_out: the errors of images that could not be read, in order.
        notes: assumptions about the data, a line each.
    """

    left_out: list[DataError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, left_out: Iterable[DataError] = (), notes: Iterable[str] = ()) -> None:
        """Appends errors and notes."""
        self.left_out += left_out
        self.notes += notes

    @property
    def summary(self) -> str:
        """All warnings in one line; empty if there are none."""
        parts = []
        if self.left_out:
            few = "; ".join(str(error).rstrip(".") for error in self.left_out[:FEW])
            more = len(self.left_out) - FEW
            images = "1 image" if len(self.left_out) == 1 else f"{len(self.left_out):,} images"
            ending = f"; and {more:,} more" if more > 0 else ""
            parts.append(f"{images} can't be read and left out: {few}{ending}.")
        if self.notes:
            more = len(self.notes) - FEW
            ending = f"; and {more:,} more" if more > 0 else ""
            parts.append("; ".join(self.notes[:FEW]) + ending + ".")
        return " ".join(parts)

    def warn(self) -> None:
        """Issues one DataWarning with all of them."""
        if self.left_out or self.notes:
            warnings.warn(self.summary, DataWarning, stacklevel=3)

    def raise_for_notes(self, where: object) -> None:
        """Raises DataError for the first note, as `strict` asks for."""
        if self.notes:
            raise DataError(self.notes[0], where=where, do="Not allowed with strict (--strict).")
