"""Sheet: all images of a report as one PNG; each is shown as a window onto it, without a script.

A tile is the image with a frame of one pixel that repeats its edge, so that scaling never mixes
neighbours. Larger images are made smaller.
"""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from spritenet.core.png import COLOUR_TYPES, encode_png
from spritenet.prepare.resample import shrink

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COLUMNS", "Sheet"]

COLUMNS = 32
"""Tiles in a row."""

LARGEST = 64
"""Pixels of a tile's longer side, at most."""

MOST_BYTES = 1_400_000
"""Bytes of pixels, uncompressed: photographs hardly compress, and base64 adds a third."""


class Sheet:
    """The tiles of a report's images; equal images share a tile.

    Args:
        shape: height, width, channels of the images.

    Attributes:
        most: the number of tiles there is room for.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        sample = self._tile(np.zeros(shape, np.uint8))
        self.height, self.width, self.channels = sample.shape
        self.most = max(200, MOST_BYTES // sample.size)
        self._tiles: list[NDArray[np.uint8]] = []
        self._places: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._tiles)

    @property
    def full(self) -> bool:
        """True if only indispensable tiles may be added."""
        return len(self) >= self.most

    def add(self, image: NDArray[np.uint8]) -> int:
        """Adds an image, uint8 h w c, and returns the number of its tile."""
        tile = self._tile(image)
        key = tile.tobytes()
        if key not in self._places:
            self._places[key] = len(self._tiles)
            self._tiles.append(tile)
        return self._places[key]

    def _tile(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Returns an image of at most 64 pixels a side, with channels that PNG supports."""
        if image.shape[2] not in COLOUR_TYPES:
            image = image[:, :, :1]
        return shrink(image, LARGEST)

    def show(self, number: int, label: str) -> str:
        """Returns a tile as an <svg> element."""
        x = number % COLUMNS * (self.width + 2) + 1
        y = number // COLUMNS * (self.height + 2) + 1
        return (
            f'<svg class="view" viewBox="{x} {y} {self.width} {self.height}" role="img" '
            f'aria-label="{escape(label)}"><use href="#sheet"/></svg>'
        )

    def element(self) -> str:
        """Returns the PNG, in an <svg> element that shows nothing."""
        pixels = self._pixels()
        height, width, _ = pixels.shape
        data = base64.b64encode(encode_png(pixels)).decode()
        return (
            '<svg class="sheet" width="0" height="0" aria-hidden="true" focusable="false"><defs>'
            f'<image id="sheet" width="{width}" height="{height}" '
            f'href="data:image/png;base64,{data}"/></defs></svg>'
        )

    def _pixels(self) -> NDArray[np.uint8]:
        """Returns all tiles with their frames, uint8 h w c."""
        rows = max(1, -(-len(self._tiles) // COLUMNS))
        tall, wide = self.height + 2, self.width + 2
        pixels = np.zeros((rows * tall, COLUMNS * wide, self.channels), np.uint8)
        for number, tile in enumerate(self._tiles):
            top, left = number // COLUMNS * tall, number % COLUMNS * wide
            framed = np.pad(tile, ((1, 1), (1, 1), (0, 0)), mode="edge")
            pixels[top : top + tall, left : left + wide] = framed
        return pixels
