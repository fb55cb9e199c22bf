"""CSV reader: labels and pixels of any rows of a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.lazy_dataset import Indices, ReadResult
from spritenet.errors import DataError
from spritenet.sources.tables.csv_numbers import COMMA, parse_pixels, parse_plain_cells
from spritenet.sources.tables.layout import TableLayout
from spritenet.sources.tables.text_rows import BLANK, TextRows, split_cells
from spritenet.sources.tables.value_scale import BYTES, ValueScale

__all__ = ["CsvImages", "Table"]

NUMBERS = 1 << 17  # numbers read at a time; the buffers fit into the processor's cache
LABEL_BYTES = 200  # of a line, in which its first or last cell is looked for
APART = bytes.maketrans(b"[](),;\t", b"       ")
"""Translates separators in a cell of many numbers to blanks."""


@dataclass(frozen=True, slots=True, eq=False)
class CsvImages:
    """A reader of the images of tables, concatenated in order.

    Args:
        tables: the tables.
        shape: h w c of an image.
        threads: true if several threads read faster than one.
    """

    tables: tuple[Table, ...]
    shape: tuple[int, int, int]
    threads: bool = True

    def read(self, indices: Indices) -> ReadResult:
        """Reads images.

        Raises:
            DataError: a row is no image.
        """
        images = np.empty((len(indices), *self.shape), np.uint8)
        first = 0
        for table in self.tables:
            here = np.flatnonzero((indices >= first) & (indices < first + len(table)))
            if len(here):
                rows = table.read(indices[here] - first)
                images[here] = rows.reshape(len(here), *self.shape)
            first += len(table)
        return ReadResult(images)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The rows of one file.

    Args:
        rows: the rows.
        layout: the roles of the columns.
        values: the scale of the numbers.
    """

    rows: TextRows
    layout: TableLayout
    values: ValueScale = BYTES

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, rows: Indices) -> NDArray[np.uint8]:
        """Reads the pixels of some rows, uint8, n × pixels."""
        pixels = np.empty((len(rows), self.layout.pixels), np.uint8)
        step = max(1, NUMBERS // max(1, self.layout.pixels))
        for first in range(0, len(rows), step):
            pixels[first : first + step] = self._some(rows[first : first + step])
        return pixels

    def _some(self, rows: Indices) -> NDArray[np.uint8]:
        lines = [self.rows.line(row) for row in rows.tolist()]
        layout, separator = self.layout, self.rows.separator
        place = self._placed(rows)
        if layout.text < 0:
            return parse_pixels(
                lines, layout.columns, layout.dropped, separator, place, self.values
            )
        cells = [self._text(line, row) for line, row in zip(lines, rows.tolist(), strict=True)]
        return parse_plain_cells(
            [COMMA.join(numbers) for numbers in cells],
            layout.pixels,
            COMMA,
            self.values,
            lambda row: self._counted(cells[row], place(row)),
            place,
        )

    def _placed(self, rows: Indices) -> Callable[[int], str]:
        return lambda row: self.rows.place(int(rows[row]))

    def _text(self, line: bytes, row: int) -> list[bytes]:
        """Returns the numbers of a cell with all pixels."""
        return self._cells(line, row)[self.layout.text].translate(APART).split()

    def _counted(self, cells: list[bytes], where: str) -> list[bytes]:
        if len(cells) != self.layout.pixels:
            raise DataError(
                "the image has a different number of pixels",
                where=where,
                expected=f"{self.layout.pixels:,}",
                got=f"{len(cells):,}",
            )
        return cells

    def _cells(self, line: bytes, row: int) -> list[bytes]:
        """Splits a row into cells, and checks their number."""
        cells = split_cells(line, self.rows.separator)
        if len(cells) != self.layout.columns:
            raise DataError(
                "the row has a different length",
                where=self.rows.place(row),
                expected=f"{self.layout.columns:,} columns",
                got=f"{len(cells):,}",
            )
        return cells

    def place(self, row: int) -> str:
        """Returns the file and line of a row, for messages."""
        return self.rows.place(row)

    def column(self, place: int) -> list[str]:
        """Returns the cells of a column in all rows."""
        last = place == self.layout.columns - 1
        if place and not last:
            every = range(len(self))
            cells = [self._cells(self.rows.line(row), row)[place] for row in every]
        else:
            cells = [self._at_an_end(row, last=last) for row in range(len(self))]
        return [cell.decode("utf-8", "replace") for cell in cells]

    def _at_an_end(self, row: int, *, last: bool) -> bytes:
        """Returns the first or last cell of a row, without splitting the line."""
        start, stop = int(self.rows.starts[row]), int(self.rows.stops[row])
        separator = self.rows.separator
        if last:
            piece = self.rows.file[max(start, stop - LABEL_BYTES) : stop]
        else:
            piece = self.rows.file[start : min(stop, start + LABEL_BYTES)]
        if b'"' in piece or separator == BLANK:
            cells = self._cells(self.rows.line(row), row)
            return cells[-1 if last else 0]
        return (piece.rpartition(separator)[2] if last else piece.partition(separator)[0]).strip()

    def labels(self) -> list[str]:
        """Returns the labels of all rows as text: class indices of one-hot labels.

        Those of several columns are the digits 0 and 1: "011".

        Raises:
            DataError: a row's label is not one-hot, or one of several is neither 0 nor 1.
        """
        if len(self.layout.label) == 1:
            return self.column(self.layout.label[0])
        if self.layout.label_names:
            return [self._bits(row) for row in range(len(self))]
        return [str(self._one_hot(row)) for row in range(len(self))]

    def _bits(self, row: int) -> str:
        cells = self._cells(self.rows.line(row), row)
        found = [cells[place] for place in self.layout.label]
        if not all(map(_is_one_or_zero, found)):
            raise DataError(
                "a label is neither 0 nor 1",
                where=self.rows.place(row),
                got=b", ".join(found[:12]).decode("utf-8", "replace"),
            )
        return "".join(str(int(float(cell))) for cell in found)

    def _one_hot(self, row: int) -> int:
        cells = self._cells(self.rows.line(row), row)
        found = [cells[place] for place in self.layout.label]
        values = [float(cell) if _is_one_or_zero(cell) else -1.0 for cell in found]
        if sorted(values) != [0.0] * (len(values) - 1) + [1.0]:
            raise DataError(
                "the label is not one-hot",
                where=self.rows.place(row),
                expected="one 1, and 0 elsewhere",
                got=b", ".join(found[:12]).decode("utf-8", "replace"),
            )
        return values.index(1.0)


def _is_one_or_zero(cell: bytes) -> bool:
    try:
        return float(cell) in {0.0, 1.0}
    except ValueError:
        return False
