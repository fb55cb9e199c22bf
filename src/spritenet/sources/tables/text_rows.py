"""Text rows: the offsets of a table's lines, and their cells.

    label,pixel0,pixel1         commas, semicolons, tabs, bars or blanks, by the first line
    sep=;                       spreadsheets' first line: it is obeyed
    # made by numpy.savetxt     comments
    UTF-8 or UTF-16             with a mark of order or without; lines end with LF, CR LF or CR

Cells may be quoted, and then hold separators.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import DataError
from spritenet.sources.foreign_files import DOWNLOAD, is_web_page
from spritenet.sources.mmap_file import MappedFile, spool

__all__ = ["BLANK", "TextRows", "find_rows", "is_number", "parse_floats", "split_cells"]

PIECE = 1 << 24  # bytes looked through at a time for ends of lines
LONGEST_LINE = 1 << 24
BOM = b"\xef\xbb\xbf"
BLANK = b" "
"""The separator that stands for any number of blanks."""

SEPARATORS = (b",", b";", b"\t")
BAR = b"|"  # also between the names of a label, so that it counts only alone
DECIMAL_COMMA = re.compile(rb"[+-]?\d+(,\d+)?")
FEWEST = 4  # separators that tell
QUOTE = b'"'
LF, CR, COMMENT = 10, 13, ord("#")
BEGINNING = 1000
"""Bytes that decide the encoding."""


class TextFile(MappedFile):
    """A mapped text file, converted from UTF-16 to UTF-8 if need be.

    Args:
        path: the file.

    Raises:
        DataError: as for `MappedFile`; or the text is not in its encoding.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        encoding = _utf16(self._map[:BEGINNING])
        if encoding:
            self._map = spool(_decoded(self._map, encoding, path), path)


def _utf16(start: bytes) -> str:
    """Returns the encoding of UTF-16, of which every other byte is mostly 0; else ""."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(start) > 3 and not any(start[first::2]) and all(start[1 - first :: 2]):
            return encoding
    return ""


def _decoded(data: object, encoding: str, path: Path) -> Iterator[bytes]:
    """Yields the text in UTF-8, piece by piece."""
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
    """The rows of a table, without comments and the header.

    Args:
        file: the file.
        starts: the offset of each row, int64, n.
        stops: the offset after each row.
        separator: the separator of columns.
        end: the byte that ends lines.
        names: the columns' names; empty without a header.
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
        """Returns the bytes of a row."""
        return self.file[int(self.starts[row]) : int(self.stops[row])]

    def cells(self, row: int) -> list[str]:
        """Returns the cells of a row."""
        return [
            cell.decode("utf-8", "replace") for cell in split_cells(self.line(row), self.separator)
        ]

    def place(self, row: int) -> str:
        """Returns the file and line of a row, for messages."""
        line = self.file.bytes[: int(self.starts[row])].count(bytes([self.end])) + 1
        return f"{self.file.path}, line {line:,}"


def find_rows(path: Path) -> TextRows:
    """Finds the rows of a table.

    Raises:
        DataError: there are no rows, or a line is too long.
    """
    file = TextFile(path)
    if is_web_page(file[:BEGINNING]):
        raise DataError("this is a web page, not a table", where=path, do=DOWNLOAD)
    starts, stops, end = _lines(file, len(BOM) if file[:3] == BOM else 0)
    separator = b""
    if len(starts):
        first = file[int(starts[0]) : int(stops[0])].strip().strip(QUOTE)
        if first[:4].lower() == b"sep=" and len(first) == 5:
            separator, starts, stops = first[4:], starts[1:], stops[1:]
    view = np.frombuffer(file.bytes, np.uint8)
    plain = np.flatnonzero(view[starts] != COMMENT)
    if not len(plain):
        raise DataError("the table has no rows", where=path)
    lines = [file[int(starts[row]) : int(stops[row])] for row in plain[:2].tolist()]
    separator = separator or _separator(lines[-1], path)
    columns = len(split_cells(lines[-1], separator))
    starts, stops, names = _without_comments(file, starts, stops, separator, columns, int(plain[0]))
    cells = split_cells(lines[0], separator)
    if not names and _are_names(cells):
        names = tuple(cell.decode("utf-8", "replace") for cell in cells)
        starts, stops = starts[1:], stops[1:]
    if not len(starts):
        raise DataError("no rows below the column names", where=path)
    return TextRows(file, starts, stops, separator, end, names)


def _lines(file: MappedFile, start: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Returns the offsets of lines that aren't empty, and the byte that ends lines."""
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
            "not a table of pixels",
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
    """Removes comments, and returns the columns' names if a comment holds them.

    A line that begins with # and has as many cells as the others is a row, or a header at the top.
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


def _separator(line: bytes, path: Path) -> bytes:
    """Returns the most frequent separator of a line; blanks if it has none.

    Raises:
        DataError: semicolons are between numbers with decimal commas.
    """
    best = max(SEPARATORS, key=line.count)
    cells = line.split(b";")
    if best != b"\t" and b"," in line and len(cells) > FEWEST:
        found = [cell for cell in cells if DECIMAL_COMMA.fullmatch(cell.strip())]
        if len(found) + 1 >= len(cells):  # the label may be a word
            raise DataError(
                "its numbers have decimal commas",
                where=path,
                expected="decimal points",
                got=next(cell for cell in found if b"," in cell).decode(),
                do="Write it again with points: in pandas, read_csv(FILE, sep=';', decimal=',').",
            )
    if best not in line and line.count(BAR) > FEWEST:
        return BAR
    return best if best in line else BLANK


def split_cells(line: bytes, separator: bytes) -> list[bytes]:
    """Splits a line into cells, and strips blanks and quotes."""
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
    """True if the cells of a first line are a header: no numbers, or consecutive ones."""
    middle = cells[1:-1]
    if len(middle) > 4 and all(cell.isdigit() for cell in middle):
        return bool((np.diff([int(cell) for cell in middle]) == 1).all())
    return not any(is_number(word) for cell in cells for word in cell.split()[:1])


def parse_floats(cells: Sequence[str]) -> NDArray[np.float64]:
    """Parses cells as numbers; others become NaN."""
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        numbers = [float(cell) if is_number(cell) else np.nan for cell in cells]
        return np.array(numbers, np.float64)


def is_number(cell: bytes | str) -> bool:
    """True for a cell with a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
