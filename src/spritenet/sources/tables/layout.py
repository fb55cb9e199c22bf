"""Table layouts: the roles of a table's columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from spritenet.errors import InputError
from spritenet.sources.field_names import split_in_name

__all__ = ["BRACKETS", "TableLayout", "column_number", "row_split"]

SPLIT_VALUES = {"publictest": "validation", "privatetest": "test"}
"""FER2013's, beside those that folders have."""

BRACKETS = re.compile(r"[\[\](),;]")


@dataclass(frozen=True, slots=True)
class TableLayout:
    """What the columns of a table are.

    Args:
        columns: how many each row has.
        label: the label's column; or the columns of one-hot labels.
        text: the column whose cells hold all pixels of an image; -1 if pixels are columns.
        dropped: columns that are no pixels, the label's among them; rising.
        split: the column that names each row's split; -1 if there is none.
        pixels: how many numbers an image has.
        notes: how the label was found where its name doesn't say so, and what was passed over.
    """

    columns: int
    label: tuple[int, ...]
    text: int
    dropped: tuple[int, ...]
    split: int
    pixels: int
    notes: tuple[str, ...] = ()

    def pixel_cells(self, row: Sequence[str]) -> list[str]:
        """The numbers of a row's image, as they are written."""
        if self.text >= 0:
            return BRACKETS.sub(" ", row[self.text]).split()
        gone = set(self.dropped)
        return [cell for place, cell in enumerate(row) if place not in gone]


def row_split(text: str) -> str | None:
    """The split that a cell names; None if it names none.

    >>> row_split("PublicTest"), row_split("Training"), row_split("7")
    ('validation', 'train', None)
    """
    return SPLIT_VALUES.get(text.lower()) or split_in_name(text)


def column_number(given: str | int, names: Sequence[str], columns: int, where: object) -> int:
    """The number of the column that was named.

    Args:
        given: its name, or its number from 0; -1 is the last.
        names: of the columns; none where there are none.
        columns: how many there are.
        where: the table, for errors.

    Raises:
        InputError: there is no such column.
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
            "there is no such column",
            where=f"{where}, label_column",
            expected=f"0 to {columns - 1}, or a name" + (f": {few}" if names else ""),
            got=repr(given),
        )
    return number % columns
