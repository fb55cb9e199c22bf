"""Text rows: the lines of a table, found once, and the cells of any of them.

    label,pixel0,pixel1         commas, semicolons, tabs or blanks, told by the first line
    sep=;                       spreadsheets' first line: it is obeyed
    # made by numpy.savetxt     comments
    UTF-8 or UTF-16             with a mark of order or without; lines end with LF, CR LF or CR

Cells may be quoted, and then hold separators.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import DataError
from spritenet.sources.mmap_file import MappedFile, spool

__all__ = ["BLANK", "TextFile", "TextRows", "find_rows", "is_number", "parse_floats", "split_cells"]

PIECE = 1 << 24  # bytes looked through at a time for ends of lines
LONGEST_LINE = 1 << 24
BOM = b"\xef\xbb\xbf"
BLANK = b" "
"""The separator of columns that are apart by any number of blanks."""

SEPARATORS = (b",", b";", b"\t")
QUOTE = b'"'
LF, CR, COMMENT = 10, 13, ord("#")
LOOKED_AT = 1000
"""Bytes that decide in which encoding a file is."""


class TextFile(MappedFile):
    """The bytes of a text in UTF-8, whatever its encoding in the file, without a byte order mark.

    Args:
        path: of the file.

    Raises:
        DataError: as `MappedFile`; or it is not of the encoding that it begins as.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        encoding = _utf16(self._map[:LOOKED_AT])
        if encoding:
            self._map = spool(_decoded(self._map, encoding, path), path)


def _utf16(start: bytes) -> str:
    """The encoding of a text that is no UTF-8; else none. Every other byte of UTF-16 is 0."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(start) > 3 and not any(start[first::2]) and all(start[1 - first :: 2]):
            return encoding
    return ""


def _decoded(data: object, encoding: str, path: Path) -> Iterator[bytes]:
    """The text in UTF-8, piece by piece."""
    view = memoryview(data)  # type: ignore[arg-type] # a map of a file, which typeshed has as none
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for first in range(0, len(view), PIECE):
            piece = decoder.decode(bytes(view[first : first + PIECE]))
            yield piece.encode("utf-8")
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise DataError(
            "the text is damaged", where=path, expected=encoding.upper(), got=error
        ) from None


@dataclass(frozen=True, slots=True, eq=False)
class TextRows:
    """The rows of a table, its comments and the line of its columns' names not among them.

    Args:
        file: its bytes.
        starts: where each row begins, int64, n.
        stops: where each ends.
        separator: between columns.
        end: the byte at which lines end.
        names: of the columns; none where the file has none.
    """

    file: MappedFile
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    separator: bytes
    end: int
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.starts)

    def line(self, row: int) -> bytes:
        """A row as it is written."""
        return self.file[int(self.starts[row]) : int(self.stops[row])]

    def cells(self, row: int) -> list[str]:
        """The cells of a row."""
        return [
            cell.decode("utf-8", "replace") for cell in split_cells(self.line(row), self.separator)
        ]

    def place(self, row: int) -> str:
        """A row in words: the file and the line, as an editor counts it."""
        line = self.file.bytes[: int(self.starts[row])].count(bytes([self.end])) + 1
        return f"{self.file.path}, line {line:,}"


def find_rows(path: Path) -> TextRows:
    """Finds the rows of a table.

    Raises:
        DataError: there are none, or a line is too long for a row of pixels.
    """
    file = TextFile(path)
    starts, stops, end = _lines(file, len(BOM) if file[:3] == BOM else 0)
    separator = b""
    if len(starts):
        first = file[int(starts[0]) : int(stops[0])].strip().strip(QUOTE)
        if first[:4].lower() == b"sep=" and len(first) == 5:
            separator, starts, stops = first[4:], starts[1:], stops[1:]
    view = np.frombuffer(file.bytes, np.uint8)
    plain = np.flatnonzero(view[starts] != COMMENT)
    if not len(plain):
        raise DataError("there are no rows", where=path)
    lines = [file[int(starts[row]) : int(stops[row])] for row in plain[:2].tolist()]
    separator = separator or _separator(lines[-1])
    columns = len(split_cells(lines[-1], separator))
    starts, stops, names = _without_comments(file, starts, stops, separator, columns, int(plain[0]))
    cells = split_cells(lines[0], separator)
    if not names and _are_names(cells):
        names = tuple(cell.decode("utf-8", "replace") for cell in cells)
        starts, stops = starts[1:], stops[1:]
    if not len(starts):
        raise DataError("there are no rows below the names of its columns", where=path)
    return TextRows(file, starts, stops, separator, end, names)


def _lines(file: MappedFile, start: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Where lines begin and end that are not empty, their ends not in them; and how they end."""
    view = np.frombuffer(file.bytes, np.uint8)
    end = LF if file.bytes.find(bytes([LF])) >= 0 else CR
    found = [
        np.flatnonzero(view[first : first + PIECE] == end) + first
        for first in range(start, len(view), PIECE)
    ]
    stops = np.concatenate([*found, [len(view)]]).astype(np.int64)
    starts = np.concatenate([[start], stops[:-1] + 1]).astype(np.int64)
    some = stops > starts
    starts, stops = starts[some], stops[some]
    stops = stops - (view[stops - 1] == CR)
    some = stops > starts
    starts, stops = starts[some], stops[some]
    longest = int((stops - starts).max(initial=0))
    if longest > LONGEST_LINE:
        raise DataError(
            "this is no table of pixels",
            where=file.path,
            expected=f"lines of at most {LONGEST_LINE:,} bytes",
            got=f"one of {longest:,}",
        )
    return starts, stops, end


def _without_comments(
    file: MappedFile,
    starts: NDArray[np.int64],
    stops: NDArray[np.int64],
    separator: bytes,
    columns: int,
    first: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    """Rows without comments, and the names of columns, which the first comment may hold.

    A line that begins with # and has as many cells as the others is a row, or names at the top.
    """
    view = np.frombuffer(file.bytes, np.uint8)
    kept = np.ones(len(starts), bool)
    names: tuple[str, ...] = ()
    for row in np.flatnonzero(view[starts] == COMMENT).tolist():
        line = file[int(starts[row]) : int(stops[row])]
        cells = split_cells(line.lstrip(b"# "), separator)
        kept[row] = len(cells) == columns and row > first
        if len(cells) == columns and row < first and _are_names(cells):
            names = tuple(cell.decode("utf-8", "replace") for cell in cells)
    return starts[kept], stops[kept], names


def _separator(line: bytes) -> bytes:
    """The separator that occurs most in a line, in quotes or not; blanks where there is none."""
    best = max(SEPARATORS, key=line.count)
    return best if best in line else BLANK


def split_cells(line: bytes, separator: bytes) -> list[bytes]:
    """The cells of a line, without blanks around them and without quotes."""
    if QUOTE not in line:
        if separator == BLANK:
            return line.split()
        return [cell.strip() for cell in line.split(separator)]
    cells: list[bytes] = []
    held: list[bytes] = []
    within = False
    for piece in line.split(separator):
        held.append(piece)
        within ^= piece.count(QUOTE) % 2 == 1
        if not within:
            cells.append(separator.join(held).strip())
            held = []
    if held:
        cells.append(separator.join(held).strip())
    cells = [
        cell[1:-1].replace(QUOTE + QUOTE, QUOTE).strip()
        if len(cell) > 1 and cell.startswith(QUOTE) and cell.endswith(QUOTE)
        else cell
        for cell in cells
    ]
    return [cell for cell in cells if cell] if separator == BLANK else cells


def _are_names(cells: list[bytes]) -> bool:
    """True if the cells of a first line are names: no numbers, or numbers that only count them."""
    middle = cells[1:-1]
    if len(middle) > 4 and all(cell.isdigit() for cell in middle):
        return bool((np.diff([int(cell) for cell in middle]) == 1).all())
    return not any(is_number(word) for cell in cells for word in cell.split()[:1])


def parse_floats(cells: Sequence[str]) -> NDArray[np.float64]:
    """Cells as numbers; what is none is NaN."""
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        numbers = [float(cell) if is_number(cell) else np.nan for cell in cells]
        return np.array(numbers, np.float64)


def is_number(cell: bytes | str) -> bool:
    """True if a cell can be read as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
