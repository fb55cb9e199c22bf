"""Images in a terminal: a character shows two pixels, one above the other.

With colours each half has its own; without, four shades of blocks tell light from dark. Images
wider than their place are made smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.text import Text

__all__ = ["picture", "side_by_side"]

WIDTH = 28
"""Columns of an image, at most."""

SHADES = " ░▒▓█"
"""From dark to light, where there are no colours; each for two pixels' mean."""


def picture(image: NDArray[np.uint8], *, width: int = WIDTH, colour: bool = True) -> list[Text]:
    """An image as lines of text, two rows of pixels a line.

    Args:
        image: uint8 h w c; of other channel counts than 1, 3 and 4 the first is shown.
        width: columns, at most.
        colour: whether the terminal has colours.
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


def side_by_side(
    images: Sequence[NDArray[np.uint8]],
    captions: Sequence[str],
    *,
    columns: int,
    colour: bool = True,
    width: int = WIDTH,
) -> list[Text]:
    """Images beside each other with a caption below each, as many in a row as fit.

    Args:
        images: uint8 h w c each, of one size.
        captions: one for each; cut where they don't fit.
        columns: of the terminal.
        colour: whether it has colours.
        width: columns of an image, at most.
    """
    from rich.text import Text

    if not len(images):
        return []
    blocks = [picture(image, width=min(width, columns), colour=colour) for image in images]
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
    """An image with 3 channels (or 1), no wider than that; transparent parts on black."""
    import numpy as np

    from spritenet.prepare.resample import stretched

    channels = image.shape[2]
    if channels == 4:
        opacity = image[:, :, 3:].astype(np.uint16)
        image = (image[:, :, :3] * opacity // 255).astype(np.uint8)
    elif channels != 3:
        image = image[:, :, :1]
    height, wide, _ = image.shape
    if wide > width:
        image = stretched(image, max(1, round(height * width / wide)), width)
    return image


def _hex(pixel: Sequence[int]) -> str:
    """A colour as rich writes it."""
    red, green, blue = pixel if len(pixel) == 3 else (pixel[0],) * 3
    return f"#{red:02x}{green:02x}{blue:02x}"
