"""Lines of numbers → pixels. All at once where lines are as they should be, else one by one.

`np.loadtxt` takes half as long again, and says of a wrong line neither which it is in the file nor
which pixel is wrong.
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
    """The pixels of lines.

    Args:
        lines: without their ends.
        columns: how many there are, the label's too.
        label: the label's column, such as the first, 0; or all columns that are no pixels, rising.
        separator: between columns.
        place: a line in words, for errors.
        values: what the numbers are.

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
    """The pixels of lines that hold nothing else.

    Args:
        cut: the lines.
        pixels: how many numbers each has.
        separator: between them.
        values: what the numbers are.
        cells: the numbers of a line, one by one, for a line that is not as it should be.
        place: a line in words, for errors.
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
    """Lines without the columns that are no pixels."""
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
    """The cells that are pixels."""
    gone = set(dropped)
    return [cell for place, cell in enumerate(cells) if place not in gone]


def _at_once(cut: list[bytes], pixels: int, separator: bytes) -> NDArray[np.uint8] | None:
    """All numbers of lines whose labels are cut off; None if one isn't plain digits up to 255."""
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
    """All numbers of lines; None if one is none, or no pixel."""
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
    """The cells of a line that are pixels, or what is wrong with it."""
    cells = split_cells(line, separator)
    if len(cells) != columns:
        raise DataError(
            "the row is of another length",
            where=where,
            expected=f"{columns:,} columns",
            got=f"{len(cells):,}",
        )
    return _left(cells, dropped)


def _one(
    cells: list[bytes], values: ValueScale, place: Callable[[int], str], row: int
) -> list[int]:
    """The numbers of a line, or what is wrong with it."""
    made = []
    for number, text in enumerate(cells):
        try:
            value = float(text)
        except ValueError:
            value = np.nan
        pixel, wrong = values.pixels(np.array([value]))
        if wrong[0]:
            raise DataError(
                f"pixel {number} is no pixel",
                where=place(row),
                expected=values.expected,
                got=text.decode("utf-8", "replace")[:20] or "nothing",
                do=values.advice,
            )
        made.append(int(pixel[0]))
    return made
