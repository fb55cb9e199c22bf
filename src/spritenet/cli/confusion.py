"""A confusion matrix in a terminal: coloured where there are colours, readable without."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.table import Table

__all__ = ["confusion_table"]

MOST_CLASSES = 20
HEAD = 5
"""Letters of a column's head, at most."""

FRAME = 2
"""Columns that rich adds around a table."""

RIGHT = "bold white on #00568a"
WRONG = ("#d55e00", "black on #f3b98c", "bold black on #ee7a26")
"""From few to many; the first colour reads on light and on dark."""


def confusion_table(
    counts: NDArray[np.int64], names: tuple[str, ...], columns: int
) -> Table | None:
    """Rows are what images are, columns what they were taken for.

    Args:
        counts: (classes, classes).
        names: of the classes.
        columns: of the terminal.

    Returns:
        None if it doesn't fit the terminal.
    """
    from rich import box
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    if len(names) > MOST_CLASSES:
        return None
    digits = len(str(int(counts.max(initial=0))))
    corner = "is ↓  taken for →"
    label = max(cell_len(corner), *(cell_len(name) for name in names))
    for letters, room in ((HEAD, 2), (max(3, digits), 1)):
        heads = [name[:letters] for name in names]
        widths = [max(digits, cell_len(head)) + room for head in heads]
        if label + 2 + sum(widths) + FRAME <= columns:
            break
    else:
        return None
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0, collapse_padding=True)
    table.add_column(corner + "  ", no_wrap=True)
    for head, width in zip(heads, widths, strict=True):
        table.add_column(head + " ", justify="right", no_wrap=True, min_width=width)
    wrong = counts.copy()
    wrong.flat[:: len(names) + 1] = 0
    most = int(wrong.max(initial=0))
    for place, name in enumerate(names):
        cells = []
        for other, count in enumerate(counts[place].tolist()):
            style = RIGHT if place == other else WRONG[min(2, 3 * count // (most + 1))]
            text = Text(f"{count} " if count else "· ", style if count else "dim")
            text.align("right", widths[other])
            cells.append(text)
        table.add_row(name, *cells)
    return table
