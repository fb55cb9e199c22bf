"""Lines of numbers → pixels. All at once where lines are as they should be, else one by one.

`np.loadtxt` takes half as long again, and says of a wrong line neither which it is in the file nor
which pixel is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import DataError

__all__ = ["numbers_of"]

ZERO = ord("0")


def numbers_of(
    lines: Sequence[bytes],
    columns: int,
    label: int,
    separator: bytes,
    place: Callable[[int], str],
) -> NDArray[np.uint8]:
    """The pixels of lines.

    Args:
        lines: without their ends.
        columns: how many there are, the label's too.
        label: the label's column: the first, 0, or the last.
        separator: between columns.
        place: a line in words, for errors.

    Returns:
        uint8, n × (columns - 1).

    Raises:
        DataError: a line has more or fewer columns, or a value that is no pixel.
    """
    cut = [
        line.partition(separator)[2] if label == 0 else line.rpartition(separator)[0]
        for line in lines
    ]
    pixels = _at_once(cut, columns - 1, separator)
    if pixels is not None:
        return pixels
    rows = [_one(line, columns, label, separator, place, row) for row, line in enumerate(lines)]
    return np.array(rows, np.uint8).reshape(len(lines), columns - 1)


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


def _one(
    line: bytes,
    columns: int,
    label: int,
    separator: bytes,
    place: Callable[[int], str],
    row: int,
) -> list[int]:
    """The numbers of a line, or what is wrong with it."""
    cells = line.split(separator)
    if len(cells) != columns:
        raise DataError(
            "the row is of another length",
            where=place(row),
            expected=f"{columns:,} columns",
            got=f"{len(cells):,}",
        )
    del cells[label]
    values = []
    for number, cell in enumerate(cells):
        text = cell.strip().strip(b'"')
        try:
            value = int(text) if text.isdigit() else float(text)
        except ValueError:
            value = -1
        if not 0 <= value <= 255 or value != int(value):
            raise DataError(
                f"pixel {number} is no pixel",
                where=place(row),
                expected="a whole number from 0 to 255",
                got=text.decode("utf-8", "replace")[:20] or "nothing",
            )
        values.append(int(value))
    return values
