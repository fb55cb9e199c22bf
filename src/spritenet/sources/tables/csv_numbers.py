"""CSV numbers: parsing of lines to pixels, all at once if they are regular, else one by one.

`np.loadtxt` takes 1.5 times as long, and its errors name neither the line of the file nor the
pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import DataError
from spritenet.sources.tables.text_rows import BLANK, split_cells
from spritenet.sources.tables.value_scale import BYTES, ValueScale

__all__ = ["COMMA", "parse_pixels", "parse_plain_cells"]

ZERO = ord("0")
COMMA = b","
QUOTE = b'"'


def parse_pixels(
    lines: Sequence[bytes],
    columns: int,
    label: int | Sequence[int],
    separator: bytes,
    place: Callable[[int], str],
    values: ValueScale = BYTES,
) -> NDArray[np.uint8]:
    """Parses the pixels of lines.

    Args:
        lines: the lines, without line ends.
        columns: the number of columns, including the label.
        label: the label's column, such as 0; or all columns without pixels, ascending.
        separator: the separator of columns.
        place: returns the location of a line, for errors.
        values: the scale of the numbers.

    Returns:
        uint8, n × pixels.

    Raises:
        DataError: a line has more or fewer columns, or a value that is no pixel.
    """
    dropped = (label,) if isinstance(label, int) else tuple(label)
    pixels = columns - len(dropped)
    cut = _cut(lines, columns, dropped, separator)
    between = COMMA if separator == BLANK or any(QUOTE in line for line in lines) else separator
    return parse_plain_cells(
        cut,
        pixels,
        between,
        values,
        lambda row: _checked(lines[row], columns, dropped, separator, place(row)),
        place,
    )


def parse_plain_cells(
    cut: list[bytes],
    pixels: int,
    separator: bytes,
    values: ValueScale,
    cells: Callable[[int], list[bytes]],
    place: Callable[[int], str],
) -> NDArray[np.uint8]:
    """Parses lines that hold pixels only.

    Args:
        cut: the lines.
        pixels: the numbers in each.
        separator: the separator of numbers.
        values: the scale of the numbers.
        cells: splits a line, for irregular lines.
        place: returns the location of a line, for errors.
    """
    whole = _at_once(cut, pixels, separator)
    found = None if whole is None else values.of_bytes(whole)
    if found is None:
        found = _floats(cut, pixels, separator, values)
    if found is not None:
        return found
    rows = [_one(cells(row), values, place, row) for row in range(len(cut))]
    return np.array(rows, np.uint8).reshape(len(cut), pixels)


def _cut(
    lines: Sequence[bytes], columns: int, dropped: tuple[int, ...], separator: bytes
) -> list[bytes]:
    """Removes the columns without pixels."""
    if any(QUOTE in line for line in lines) or separator == BLANK:
        separated = [split_cells(line, separator) for line in lines]
        return [COMMA.join(_left(cells, dropped)) for cells in separated]
    before = next((n for n, place in enumerate(dropped) if place != n), len(dropped))
    after = len(dropped) - before
    if dropped[before:] != tuple(range(columns - after, columns)):
        return [separator.join(_left(line.split(separator), dropped)) for line in lines]
    if before:
        lines = [(line.split(separator, before) + [b""] * before)[before] for line in lines]
    return [line.rsplit(separator, after)[0] for line in lines] if after else list(lines)


def _left(cells: list[bytes], dropped: tuple[int, ...]) -> list[bytes]:
    """Returns the cells with pixels."""
    gone = set(dropped)
    return [cell for place, cell in enumerate(cells) if place not in gone]


def _at_once(cut: list[bytes], pixels: int, separator: bytes) -> NDArray[np.uint8] | None:
    """Parses all numbers at once; None if one isn't plain digits up to 255."""
    data = np.frombuffer(separator.join(cut) + separator, np.uint8)
    ends = np.flatnonzero(data == separator[0])
    counts = [line.count(separator) for line in cut]
    if len(ends) != len(cut) * pixels or counts.count(pixels - 1) != len(cut):
        return None
    digits = data - ZERO  # what is no digit becomes 10 or more
    lengths = np.diff(ends, prepend=-1) - 1
    if lengths.min() < 1 or lengths.max() > 3 or np.count_nonzero(digits > 9) != len(ends):
        return None
    values = digits[ends - 1].astype(np.uint16)
    for power, factor in ((1, 10), (2, 100)):
        longer = np.flatnonzero(lengths > power)
        values[longer] += digits[ends[longer] - 1 - power] * np.uint16(factor)
    if values.max() > 255:
        return None
    return values.astype(np.uint8).reshape(len(cut), pixels)


def _floats(
    cut: list[bytes], pixels: int, separator: bytes, values: ValueScale
) -> NDArray[np.uint8] | None:
    """Parses numbers line by line; None if one is no number or no pixel."""
    made = np.empty((len(cut), pixels), np.uint8)
    for row, line in enumerate(cut):
        cells = line.split(separator)
        if len(cells) != pixels:
            return None
        try:
            numbers = np.fromiter(map(float, cells), np.float64, pixels)
        except ValueError:
            return None
        made[row], wrong = values.pixels(numbers)
        if wrong.any():
            return None
    return made


def _checked(
    line: bytes, columns: int, dropped: tuple[int, ...], separator: bytes, where: str
) -> list[bytes]:
    """Splits a line into its pixels; raises DataError for another number of columns."""
    cells = split_cells(line, separator)
    if len(cells) != columns:
        raise DataError(
            "the row has a different length",
            where=where,
            expected=f"{columns:,} columns",
            got=f"{len(cells):,}",
        )
    return _left(cells, dropped)


def _one(
    cells: list[bytes], values: ValueScale, place: Callable[[int], str], row: int
) -> list[int]:
    """Parses the cells of a line; raises DataError for the first that is no pixel."""
    made = []
    for number, text in enumerate(cells):
        try:
            value = float(text)
        except ValueError:
            value = np.nan
        pixel, wrong = values.pixels(np.array([value]))
        if wrong[0]:
            raise DataError(
                f"invalid pixel {number}",
                where=place(row),
                expected=values.expected,
                got=text.decode("utf-8", "replace")[:20] or "nothing",
                do=values.advice,
            )
        made.append(int(pixel[0]))
    return made
