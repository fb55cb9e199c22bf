"""Parsing of a table's labels: 7, "7.0", cat; "cat|dog", and 0 and 1 of several columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from spritenet.dataset.arrays import as_labels
from spritenet.dataset.multi_label import SEPARATOR, Labels, rows_of_names, split_label
from spritenet.dataset.natural_order import in_natural_order, natural
from spritenet.errors import DataError

__all__ = ["parse_bits", "parse_labels"]

ParsedLabels = tuple[Labels, tuple[str, ...], tuple[str, ...]]
"""Class indices or multi-label rows, class names, and warnings."""

MOST_DIGITS = 9


class RowLocator(Protocol):
    """The protocol of rows with locations."""

    def __len__(self) -> int: ...

    def place(self, row: int) -> str:
        """Returns the location of a row, for messages."""
        ...


def parse_labels(
    texts: list[str], class_names: Sequence[str] | None, tables: Sequence[RowLocator]
) -> ParsedLabels:
    """Parses labels: numbers or names, or several names with "|" between them.

    Args:
        texts: the labels of all tables.
        class_names: the names of classes 0, 1, …; None to infer them.
        tables: the rows of the labels, for errors.

    Raises:
        DataError: a label is missing, or is no class.
    """
    if any(SEPARATOR in text for text in texts):
        return _parse_lists([split_label(text) for text in texts], class_names)
    return _parse_single(texts, class_names, tables)


def _parse_single(
    texts: list[str], class_names: Sequence[str] | None, tables: Sequence[RowLocator]
) -> ParsedLabels:
    """Parses labels of one class each."""

    def where(number: int) -> str:
        for table in tables:
            if number < len(table):
                return table.place(number)
            number -= len(table)
        return ""

    if "" in texts:
        raise DataError("missing label", where=where(texts.index("")))
    notes: tuple[str, ...] = ()
    found = set(texts)
    numbers = all(map(_is_index, found))
    if not numbers and all(map(_is_float, found)):
        wrong = next((text for text in texts if float(text) != int(float(text))), None)
        if wrong is not None:
            raise DataError(
                "invalid label",
                where=where(texts.index(wrong)),
                expected="a whole number, or a name",
                got=wrong,
                do="Is another column the label? Pass its name or number: label_column "
                "(--label-column).",
            )
        shown = next(text for text in texts if not _is_index(text))
        if min(map(float, found)) >= 0:
            numbers = True
            notes = (f"labels are written as {shown!r}: read as {int(float(shown))}",)
            texts = [str(int(float(text))) for text in texts]
    try:
        if numbers:
            return *as_labels(np.array(texts, np.int64), class_names), notes
        names, more = _names_of(found)
        return *as_labels(np.array(texts, object), class_names or names), notes + more
    except DataError as error:
        raise DataError(
            error.what,
            where=where(0).partition(", line")[0],
            expected=error.expected,
            got=error.got,
            do=error.do,
        ) from None


def _parse_lists(
    lists: Sequence[Sequence[str]], class_names: Sequence[str] | None
) -> tuple[Labels, tuple[str, ...], tuple[str, ...]]:
    """Returns the multi-label rows of lists of class names, the names, and a warning.

    Raises:
        DataError: a name is none of the classes.
    """
    names = tuple(class_names or in_natural_order(name for some in lists for name in some))
    note = f"labels with {SEPARATOR!r} in them name several classes each"
    return rows_of_names(lists, names), names, (note,)


def parse_bits(texts: Sequence[str], names: Sequence[str]) -> ParsedLabels:
    """Returns the labels of several columns of 0 and 1, as in "011".

    Args:
        texts: a digit for each column.
        names: of the classes.

    Raises:
        DataError: there is another number of names than of columns.
    """
    rows = np.array([list(map(int, text)) for text in texts], np.uint8)
    return *as_labels(rows, names), ()


def _names_of(found: set[str]) -> tuple[list[str], tuple[str, ...]]:
    """Returns the names of classes in order, and a note where they are negative numbers."""
    if not all(map(_is_signed, found)):
        return sorted(found, key=lambda text: (natural(text), text)), ()
    low, high = min(map(int, found)), max(map(int, found))
    note = f"the labels go from {low} to {high}: each number is taken as a name"
    return sorted(found, key=int), (note,)


def _is_signed(text: str) -> bool:
    """True for a whole number, perhaps with a sign."""
    return _is_index(text.removeprefix("-").removeprefix("+"))


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS


def _is_float(text: str) -> bool:
    try:
        return abs(float(text)) < 10.0**MOST_DIGITS
    except ValueError:
        return False
