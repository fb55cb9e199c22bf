"""Table layouts: the roles of a table's columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from spritenet.errors import InputError
from spritenet.sources.field_names import split_in_name

__all__ = ["BRACKETS", "TableLayout", "column_number", "column_numbers", "row_split"]

SPLIT_VALUES = {"publictest": "validation", "privatetest": "test"}
"""FER2013's words for splits, besides `SPLITS`."""

BRACKETS = re.compile(r"[\[\](),;]")


@dataclass(frozen=True, slots=True)
class TableLayout:
    """The roles of a table's columns.

    Args:
        columns: the number of columns.
        label: the label column; or the columns of one-hot labels, or of several labels.
        text: the column whose cells hold all pixels of an image; -1 if pixels are columns.
        dropped: the columns without pixels, including the label; ascending.
        split: the column of splits; -1 if there is none.
        pixels: the numbers in an image.
        notes: warnings about an inferred label column and skipped columns.
        label_names: the names of several label columns of 0 and 1; empty for any other label.
    """

    columns: int
    label: tuple[int, ...]
    text: int
    dropped: tuple[int, ...]
    split: int
    pixels: int
    notes: tuple[str, ...] = ()
    label_names: tuple[str, ...] = ()

    def pixel_cells(self, row: Sequence[str]) -> list[str]:
        """Returns the numbers of a row's image, as text."""
        if self.text >= 0:
            return BRACKETS.sub(" ", row[self.text]).split()
        gone = set(self.dropped)
        return [cell for place, cell in enumerate(row) if place not in gone]


def row_split(text: str) -> str | None:
    """Returns the split in a cell; None if there is none.

    >>> row_split("PublicTest"), row_split("Training"), row_split("7")
    ('validation', 'train', None)
    """
    return SPLIT_VALUES.get(text.lower()) or split_in_name(text)


def column_number(given: str | int, names: Sequence[str], columns: int, where: object) -> int:
    """Returns the index of a column.

    Args:
        given: its name, or its index from 0; -1 is the last.
        names: the columns' names; empty without a header.
        columns: the number of columns.
        where: the table, for errors.

    Raises:
        InputError: the column is unknown.
    """
    found = [place for place, name in enumerate(names) if name == given]
    found = found or [
        place for place, name in enumerate(names) if name.lower() == str(given).lower()
    ]
    if isinstance(given, str) and found:
        return found[0]
    try:
        number = int(given)
    except ValueError:
        number = columns
    if not -columns <= number < columns:
        few = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
        raise InputError(
            "unknown column",
            where=f"{where}, label_column",
            expected=f"0 to {columns - 1}, or a name" + (f": {few}" if names else ""),
            got=repr(given),
        )
    return number % columns


def column_numbers(
    given: str | int, names: Sequence[str], columns: int, where: object
) -> tuple[int, ...]:
    """Returns the indices of one column, or of several with commas between: "cat,dog".

    Raises:
        InputError: a column is unknown.
    """
    if isinstance(given, int) or "," not in given or given in names:
        return (column_number(given, names, columns, where),)
    parts = [part.strip() for part in given.split(",") if part.strip()]
    return tuple(column_number(part, names, columns, where) for part in parts)
