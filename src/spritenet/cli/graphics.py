"""Graphics made of characters: images, confusion matrices and sparklines, for a terminal.

A character of an image shows two pixels, one above the other, each with its colour; without
colours, four shades of blocks show the brightness.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.table import Table
    from rich.text import Text

__all__ = ["BLOCKS", "Sparkline", "confusion_table", "image_grid", "image_lines"]

WIDTH = 28
"""Columns of an image, at most."""

SHADES = " ░▒▓█"
"""Mean brightness of two pixels, from dark to light, where there are no colours."""

MOST_CLASSES = 20
HEAD = 5
"""Characters of a column's head in a confusion matrix, at most."""

EDGES = 2
"""Columns of a table's left and right edge in rich; each column but the first adds one more."""

RIGHT = "bold white on #00568a"
WRONG = ("#d55e00", "black on #f3b98c", "bold black on #ee7a26")
"""From few to many; the first colour is legible on light and on dark."""

BLOCKS = "▁▂▃▄▅▆▇█"


def image_lines(image: NDArray[np.uint8], *, width: int = WIDTH, colour: bool = True) -> list[Text]:
    """Returns an image as lines of text, two rows of pixels per line.

    Args:
        image: uint8 h w c; for channel counts other than 1, 3 and 4, the first is shown.
        width: columns, at most.
        colour: True if the terminal has colours.
    """
    from rich.text import Text

    pixels = _small(image, width)
    lines = []
    for top in range(0, len(pixels), 2):
        upper = pixels[top].tolist()
        lower = pixels[top + 1].tolist() if top + 1 < len(pixels) else [None] * len(upper)
        line = Text()
        for above, below in zip(upper, lower, strict=True):
            if colour:
                style = f"{_hex(above)} on {_hex(below)}" if below else _hex(above)
                line.append("▀", style)
            else:
                both = [*above, *(below or above)]
                line.append(SHADES[round(sum(both) / len(both) / 255 * (len(SHADES) - 1))])
        lines.append(line)
    return lines


def image_grid(
    images: Sequence[NDArray[np.uint8]],
    captions: Sequence[str],
    *,
    columns: int,
    colour: bool = True,
    width: int = WIDTH,
) -> list[Text]:
    """Returns images side by side with captions below, as many per row as fit.

    Args:
        images: uint8 h w c, all of one size.
        captions: one per image; truncated where they don't fit.
        columns: of the terminal.
        colour: True if the terminal has colours.
        width: columns of an image, at most.
    """
    from rich.text import Text

    if not len(images):
        return []
    blocks = [image_lines(image, width=min(width, columns), colour=colour) for image in images]
    wide = max(line.cell_len for line in blocks[0])
    longest = max(Text(words).cell_len for words in captions)
    place = min(max(wide, min(width, longest)), columns) + 2
    each = max(1, (columns + 2) // place)
    lines: list[Text] = []
    for first in range(0, len(blocks), each):
        row = blocks[first : first + each]
        for parts in zip(*row, strict=True):
            line = Text()
            for part in parts:
                line.append_text(part)
                line.append(" " * (place - part.cell_len))
            lines.append(line)
        below = Text()
        for words in captions[first : first + each]:
            caption = Text(words)
            caption.truncate(place - 2, overflow="ellipsis", pad=False)
            below.append_text(caption)
            below.append(" " * (place - caption.cell_len))
        lines.extend((below, Text()))
    for line in lines:
        line.rstrip()
    return lines


def _small(image: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Returns an image of 1 or 3 channels, at most `width` wide; transparent parts on black."""
    import numpy as np

    from spritenet.prepare.resample import resize

    channels = image.shape[2]
    if channels == 4:
        opacity = image[:, :, 3:].astype(np.uint16)
        image = (image[:, :, :3] * opacity // 255).astype(np.uint8)
    elif channels != 3:
        image = image[:, :, :1]
    height, wide, _ = image.shape
    if wide > width:
        image = resize(image, max(1, round(height * width / wide)), width)
    return image


def _hex(pixel: Sequence[int]) -> str:
    """Returns a colour in rich's notation."""
    red, green, blue = pixel if len(pixel) == 3 else (pixel[0],) * 3
    return f"#{red:02x}{green:02x}{blue:02x}"


def confusion_table(
    counts: NDArray[np.int64], names: tuple[str, ...], columns: int
) -> Table | None:
    """Returns a confusion matrix as a table, or None if it doesn't fit the terminal.

    Args:
        counts: (classes, classes): rows are true classes, columns predicted ones.
        names: of the classes.
        columns: of the terminal.
    """
    from rich import box
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    if len(names) > MOST_CLASSES:
        return None
    digits = len(str(int(counts.max(initial=0))))
    corner = "true ↓ predicted→"
    label = max(cell_len(corner), *(cell_len(name) for name in names))
    for letters, room in ((HEAD, 2), (max(3, digits), 1)):
        heads = [name[:letters] for name in names]
        widths = [max(digits, cell_len(head)) + room for head in heads]
        if label + 1 + sum(widths) + len(names) + EDGES <= columns:
            break
    else:
        return None
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0, collapse_padding=True)
    table.add_column(corner + " ", no_wrap=True)
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


class Sparkline:
    """A curve of positive values as characters, on a logarithmic scale, which grows by one value.

    Each character is the mean of equally many values, except the last, which may have fewer.

        >>> line = Sparkline(width=8)
        >>> for loss in (8, 4, 2, 1):
        ...     line.add(loss)
        >>> str(line)
        '█▆▃▁'

    Args:
        width: characters, at most.
    """

    def __init__(self, width: int = 12) -> None:
        self.width = width
        self._each = 1
        self._sums: list[float] = []
        self._counts: list[int] = []

    def add(self, value: float) -> None:
        """Adds a value."""
        if not self._sums or self._counts[-1] == self._each:
            if len(self._sums) == self.width:  # two become one
                self._sums = [sum(self._sums[k : k + 2]) for k in range(0, self.width, 2)]
                self._counts = [sum(self._counts[k : k + 2]) for k in range(0, self.width, 2)]
                self._each *= 2
                if self._counts[-1] < self._each:
                    self._put(value)
                    return
            self._sums.append(0.0)
            self._counts.append(0)
        self._put(value)

    def _put(self, value: float) -> None:
        """Adds a value to the last character."""
        self._sums[-1] += value
        self._counts[-1] += 1

    def __str__(self) -> str:
        """Returns the curve, scaled from its lowest mean to its highest; "" for less than two."""
        means = [sum_ / count for sum_, count in zip(self._sums, self._counts, strict=True)]
        if len(means) < 2 or min(means) <= 0 or not math.isfinite(max(means)):
            return ""
        low, high = math.log(min(means)), math.log(max(means))
        step = (len(BLOCKS) - 1) / (high - low) if high > low else 0.0
        return "".join(BLOCKS[round((math.log(mean) - low) * step)] for mean in means)
