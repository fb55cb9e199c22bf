"""Layout inference: finds the label, the pixels and the other columns of a table.

    label,pixel0,pixel1,…           by their names
    id,label,pixels                 a cell of many numbers: FER2013's and others of Kaggle
    emotion,pixels,Usage            a column that names each row's split
    0 … 0 3                         64 pixels, then the label, without names: UCI's digits
    1.0 0.0 … 0 0 1 0               pixels, then a one-hot label: UCI's semeion
    cat,dog,pixel0,pixel1,…         columns of 0 and 1 beside those of the pixels: several labels

Names decide; without them the numbers do. Two readings that fit equally are an error.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import DataError
from spritenet.sources.field_names import LABELS
from spritenet.sources.image_size import ImageSize, infer_image_shape
from spritenet.sources.tables.label_evidence import Evidence, is_count
from spritenet.sources.tables.layout import BRACKETS, TableLayout, column_numbers, row_split
from spritenet.sources.tables.text_rows import is_number, parse_floats

__all__ = ["infer_layout"]

LABEL_NAMES = LABELS | frozenset(
    {"emotion", "category", "letter", "character", "char", "classname", "class_name"}
    | {"class_label", "class_id", "label_id", "category_id", "ground_truth", "groundtruth", "gt"}
)
ID_NAMES = frozenset(
    {"id", "index", "idx", "imageid", "image_id", "img_id", "row", "rowid", "row_id", "sample_id"}
    | {"filename", "file_name", "file", "path", "uid", "key", "", "unnamed: 0"}
)
SPLIT_NAMES = frozenset({"usage", "split", "set", "subset", "partition", "fold"})

FEWEST_NUMBERS = 4  # in a cell that holds an image
MOST_CLASSES = 1000  # of one-hot labels without names
NUMBER = re.compile(r"\d+")
BITS = frozenset({"0", "1", "0.0", "1.0"})
MOST_SORTED = 100
"""Rows that may be one of each class, in order, so that their labels count them."""


def infer_layout(
    names: Sequence[str],
    sample: Sequence[Sequence[str]],
    image_size: ImageSize | None,
    label_column: str | int | None,
    where: object,
) -> TableLayout | None:
    """Infers the layout of a table.

    Args:
        names: the columns' names; empty without a header.
        sample: the cells of some rows, evenly spread and in order.
        image_size: height and width of images; None to infer them.
        label_column: the name or index of the label column; None to infer it.
        where: the table, for errors.

    Returns:
        The layout; None if the table has no labels.

    Raises:
        DataError: the label column is ambiguous.
        InputError: the label column is unknown.
    """
    columns = len(sample[0])
    names = _fitted(names, sample)
    lowered: list[str | None] = [name.strip().lower() for name in names] or [None] * columns
    forced = None if label_column is None else column_numbers(label_column, names, columns, where)
    called = [place for place, name in enumerate(lowered) if _is_label(name)]
    labels = called if forced is None else [*forced]
    cells = list(zip(*(row for row in sample if len(row) == columns), strict=True))
    split = next(
        (
            place
            for place, name in enumerate(lowered)
            if name in SPLIT_NAMES and place not in labels and all(map(row_split, cells[place]))
        ),
        -1,
    )
    others = {
        place
        for place in range(columns)
        if place not in labels
        and (
            place == split
            or place in called
            or lowered[place] in ID_NAMES
            or not any(cells[place])  # a comma at the end of each line
        )
    }
    rest = [place for place in range(columns) if place not in others]
    text = [place for place in rest if place not in labels and _is_many(cells[place])]
    if text:
        return _of_text(text, labels, rest, split, names, cells, where)
    pixels = [place for place in rest if place not in labels]
    table = _Table(columns, tuple(names), cells, split, image_size, where)
    if len(labels) > 1 and forced is not None:
        return _several(table, labels, pixels)
    if len(labels) > 1:
        raise _unclear(where, labels, names, "each is called so")
    if labels:
        return table.with_label(labels[0], pixels)
    several = _beside_pixels(table, pixels)
    if several:
        left = [place for place in pixels if place not in several]
        note = f"{_describe(several[:12], names)} were taken as labels, as they hold 0 and 1 alone"
        return _several(table, several, left, note)
    return table.without_label(pixels)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table whose label column is to be inferred.

    Args:
        columns: the number of columns.
        names: the columns' names, or none.
        cells: the sample, column by column.
        split: the column of splits, or -1.
        image_size: height and width of images, or None.
        where: the table.
    """

    columns: int
    names: tuple[str, ...]
    cells: Sequence[Sequence[str]]
    split: int
    image_size: ImageSize | None
    where: object

    def fits(self, pixels: int) -> bool:
        """True if an image can have this many pixels."""
        return infer_image_shape(pixels, self.image_size) is not None

    def layout(self, label: tuple[int, ...], pixels: Sequence[int], *notes: str) -> TableLayout:
        """Returns the layout with these pixels and this label."""
        kept = set(pixels)
        dropped = tuple(place for place in range(self.columns) if place not in kept)
        return TableLayout(self.columns, label, -1, dropped, self.split, len(pixels), notes)

    def with_label(self, label: int, pixels: list[int]) -> TableLayout:
        """Returns the layout for a known label; skips columns that can't be pixels."""
        if not self.fits(len(pixels)):
            found = [
                place
                for place in pixels
                if is_count(self.cells[place]) or not any(map(is_number, self.cells[place]))
            ]
            left = [place for place in pixels if place not in found]
            if found and self.fits(len(left)):
                skipped = "was skipped: it holds" if len(found) == 1 else "were skipped: they hold"
                note = f"{_describe(found, self.names)} {skipped} no pixels"
                return self.layout((label,), left, note)
        return self.layout((label,), pixels)

    def without_label(self, pixels: list[int]) -> TableLayout | None:
        """Infers the layout without a known label; None if there is no label."""
        words = [place for place in pixels if not any(map(is_number, self.cells[place]))]
        if len(words) == 1 and len(pixels) > 1:
            return self.with_label(words[0], [place for place in pixels if place != words[0]])
        if not pixels or self.fits(len(pixels)):
            return None
        counted = is_count(self.cells[pixels[0]])
        if len(pixels) > 2 and self.fits(len(pixels) - 2) and not self.fits(len(pixels) - 1):
            spare = self.spare(pixels)
            if spare is not None:
                place, why = spare
                made = self.at_an_end([one for one in pixels if one != place])
                note = f"{_describe([place], self.names)} was skipped: it {why}"
                return replace(made, notes=(note, *made.notes))
        if counted and self.fits(len(pixels) - 1) and len(self.cells[0]) > MOST_SORTED:
            return None
        if not self.fits(len(pixels) - 1):
            return self.one_hot(pixels) or self.at_an_end(pixels)
        return self.at_an_end(pixels)

    def spare(self, pixels: list[int]) -> tuple[int, str] | None:
        """Returns the first or last column if it is neither pixels nor a label, and the reason."""
        for place in (pixels[0], pixels[-1]):
            if is_count(self.cells[place]):
                return place, "counts the rows"
        for place in (pixels[0], pixels[-1]):
            if len(set(self.cells[place])) == 1:
                return place, f"is always {self.cells[place][0]}"
        return None

    def at_an_end(self, pixels: list[int]) -> TableLayout:
        """Returns the layout with the first or the last column as label, whichever is likelier."""
        inner = [self.cells[place] for place in pixels[1:-1]]
        highest = _highest(inner)
        ends = (pixels[0], pixels[-1])
        first, last = (Evidence.of(self.cells[place], highest) for place in ends)
        likelier = first.is_likelier(last)
        if likelier is None and self.fits(len(pixels) - 1):
            why = "either can be" if first.whole else "neither holds classes"
            raise _unclear(self.where, list(ends), self.names, why)
        if likelier in {True, None}:
            why = f"{first}, and {_describe(ends[1:], self.names)} {last}"
            note = f"{_describe(ends[:1], self.names)} was taken as the label: it {why}"
            notes = () if first.strong != last.strong else (note,)
            return self.layout((ends[0],), pixels[1:], *notes)
        why = f"{last}, and {_describe(ends[:1], self.names)} {first}"
        note = f"{_describe(ends[1:], self.names)} (the last) was taken as the label: it {why}"
        return self.layout((ends[1],), pixels[:-1], note)

    def one_hot(self, pixels: list[int]) -> TableLayout | None:
        """Returns the layout with one-hot labels in the last or first columns, or None."""
        values = _numbers([self.cells[place] for place in pixels])
        for classes in range(2, min(MOST_CLASSES, len(pixels) - 4) + 1):
            if not self.fits(len(pixels) - classes):
                continue
            for label, left in (
                (pixels[-classes:], pixels[:-classes]),
                (pixels[:classes], pixels[classes:]),
            ):
                rows = values[:, pixels.index(label[0]) : pixels.index(label[-1]) + 1]
                if ((rows == 1).sum(axis=1) == 1).all() and ((rows != 0).sum(axis=1) == 1).all():
                    note = f"columns {label[0]} to {label[-1]} were taken as a one-hot label"
                    return self.layout(tuple(label), left, note)
        return None


def _beside_pixels(table: _Table, places: list[int]) -> list[int]:
    """Returns the columns of 0 and 1 whose names aren't numbered as those of the pixels are.

    They must be two or more, and the others must fit an image.
    """
    if not table.names:
        return []
    stems = {place: NUMBER.sub("#", table.names[place].strip().lower()) for place in places}
    counts = Counter(stems.values())
    usual, count = counts.most_common(1)[0] if counts else ("", 0)
    others = [place for place in places if stems[place] != usual]
    bits = all(set(table.cells[place]) <= BITS for place in others)
    fine = "#" in usual and count >= FEWEST_NUMBERS and len(others) > 1 and bits
    return others if fine and table.fits(count) else []


def _several(table: _Table, labels: list[int], pixels: list[int], *notes: str) -> TableLayout:
    """Returns the layout with several label columns of 0 and 1.

    Raises:
        DataError: they hold something else.
    """
    for place in labels:
        other = next((cell for cell in table.cells[place] if cell not in BITS), None)
        if other is not None:
            raise DataError(
                "several label columns must hold 0 and 1",
                where=f"{table.where}, {_describe([place], table.names)}",
                got=repr(other),
            )
    names = tuple(table.names[place] if table.names else str(place) for place in labels)
    return replace(table.layout(tuple(labels), pixels, *notes), label_names=names)


def _fitted(names: Sequence[str], sample: Sequence[Sequence[str]]) -> Sequence[str]:
    """Adjusts the names to the number of columns.

    Lines may end with a separator that the line of names lacks; R writes no name for the names of
    rows, which come first.
    """
    columns = len(sample[0])
    if len(names) == columns + 1 and not names[-1]:
        return names[:-1]
    if len(names) != columns - 1:
        return names if len(names) == columns else ()
    return [*names, ""] if not any(row[-1] for row in sample) else ["", *names]


def _is_label(name: str | None) -> bool:
    return name is not None and name.replace(" ", "_") in LABEL_NAMES


def _is_many(cells: Sequence[str]) -> bool:
    """True if most cells of a column hold many numbers."""
    many = 0
    for cell in cells:
        if len(cell) < 2 * FEWEST_NUMBERS - 1:
            continue
        words = BRACKETS.sub(" ", cell).split()
        many += len(words) >= FEWEST_NUMBERS and all(map(is_number, words[:FEWEST_NUMBERS]))
    return 2 * many > len(cells)


def _of_text(
    text: list[int],
    labels: list[int],
    rest: list[int],
    split: int,
    names: Sequence[str],
    cells: Sequence[Sequence[str]],
    where: object,
) -> TableLayout | None:
    """Returns the layout of a table with all pixels in one column."""
    if len(text) > 1:
        raise DataError(
            "several columns hold many numbers each", where=where, got=_describe(text, names)
        )
    if not labels:
        labels = [place for place in rest if place != text[0] and not is_count(cells[place])]
    if not labels:
        return None
    if len(labels) > 1:
        raise _unclear(where, labels, names, "either can be")
    counts = Counter(len(BRACKETS.sub(" ", cell).split()) for cell in cells[text[0]])
    count = counts.most_common(1)[0][0]
    every = tuple(range(len(cells)))
    return TableLayout(len(cells), (labels[0],), text[0], every, split, count)


def _numbers(cells: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """Parses columns to numbers, rows × columns; others become NaN."""
    return np.array([parse_floats(column) for column in cells]).T


def _highest(columns: Sequence[Sequence[str]]) -> float:
    """Returns the highest number of some columns."""
    if not columns:
        return 0.0
    return float(np.nanmax(_numbers(columns), initial=0.0))


def _describe(places: Sequence[int], names: Sequence[str]) -> str:
    if names:
        return ("column " if len(places) == 1 else "columns ") + " and ".join(
            repr(names[place]) for place in places
        )
    return ("column " if len(places) == 1 else "columns ") + " and ".join(map(str, places))


def _unclear(where: object, labels: list[int], names: Sequence[str], why: str) -> DataError:
    option = names[labels[-1]] if names else labels[-1]
    return DataError(
        "ambiguous label column",
        where=where,
        expected="one column of labels",
        got=f"{_describe(labels, names)}: {why}",
        do=f"Name it: label_column={option!r} (--label-column={option}).",
    )
