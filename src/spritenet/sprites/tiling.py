"""Tilings: the place of each image in the PNG, in tiles of one size, `columns` to a band.

Layout `rows`: an image is one row, flattened row-major; a band is that row. Layout `grid`: a tile
has the image's own height and width; a band is as many rows as an image has. Both are the same
arithmetic with another size of tile.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import InputError

__all__ = ["MAX_PIXELS", "MAX_ROWS", "Layout", "Tiling", "fit_tiling"]

Layout = Literal["rows", "grid"]

MAX_ROWS = 65_000  # Firefox decodes no image of more than 65,535 rows
MAX_PIXELS = 1 << 26  # Pillow warns at 89 million; Chromium decodes at most 2^31 bytes


@dataclass(frozen=True, slots=True)
class Tiling:
    """The arrangement of `count` images in one PNG.

    Args:
        height: of an image.
        width: of an image.
        channels: 1 grey, 3 RGB, 4 RGBA.
        count: images, at least 1.
        layout: "rows" or "grid".
        columns: images side by side; 1 in layout "rows".
    """

    height: int
    width: int
    channels: int
    count: int
    layout: Layout = "rows"
    columns: int = 1

    @property
    def tile_rows(self) -> int:
        """Rows of a tile, and of a band."""
        return 1 if self.layout == "rows" else self.height

    @property
    def tile_pixels(self) -> int:
        """Pixels of a tile's row."""
        return self.height * self.width if self.layout == "rows" else self.width

    @property
    def bands(self) -> int:
        """Rows of tiles."""
        return -(-self.count // self.columns)

    @property
    def png_height(self) -> int:
        """Rows of the PNG."""
        return self.bands * self.tile_rows

    @property
    def png_width(self) -> int:
        """Pixels of a row."""
        return self.columns * self.tile_pixels

    @property
    def row_bytes(self) -> int:
        """Bytes of a row's pixels."""
        return self.png_width * self.channels

    @property
    def fits(self) -> bool:
        """True if every browser and decoder accepts a PNG of this size."""
        pixels = self.png_height * self.png_width
        return self.png_height <= MAX_ROWS and pixels <= MAX_PIXELS

    def images_of(self, first_row: int, stop_row: int) -> tuple[int, int]:
        """Returns the first image of these whole bands, and the one behind the last."""
        first, stop = (row // self.tile_rows * self.columns for row in (first_row, stop_row))
        return first, min(stop, self.count)

    def rows_of(self, image: int) -> tuple[int, int]:
        """Returns the first row of an image's band, and the one behind the last."""
        first = image // self.columns * self.tile_rows
        return first, first + self.tile_rows

    def arrange(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Arranges images (n h w c) of whole bands as rows of the PNG (rows, row_bytes)."""
        if self.layout == "rows":
            return images.reshape(len(images), self.row_bytes)
        bands = -(-len(images) // self.columns)
        missing = bands * self.columns - len(images)
        if missing:  # empty tiles at the end of the last band are zero
            blank = np.zeros((missing, *images.shape[1:]), np.uint8)
            images = np.concatenate([images, blank])
        tiles = images.reshape(bands, self.columns, self.height, self.width * self.channels)
        return tiles.swapaxes(1, 2).reshape(bands * self.height, self.row_bytes)

    def restore(self, rows: NDArray[np.uint8], images: NDArray[np.uint8]) -> None:
        """Restores the images (n h w c) of whole bands from rows (rows, row_bytes)."""
        bands = len(rows) // self.tile_rows
        shape = (bands, self.tile_rows, self.columns, self.tile_pixels * self.channels)
        tiles = rows.reshape(shape).swapaxes(1, 2)
        whole = len(images) // self.columns
        wide = (whole, self.columns, *shape[1:2], shape[3])
        images[: whole * self.columns].reshape(wide)[:] = tiles[:whole]
        rest = images[whole * self.columns :]
        if len(rest):
            rest.reshape(len(rest), *wide[2:])[:] = tiles[whole, : len(rest)]


def fit_tiling(
    image_shape: tuple[int, int, int],
    count: int,
    layout: Layout = "rows",
    columns: int | None = None,
    most_images: int | None = None,
) -> tuple[Tiling, int]:
    """Returns a tiling of `count` images in as few PNGs as possible.

    Args:
        image_shape: h w c.
        count: images, at least 1.
        layout: "rows" or "grid".
        columns: of a grid; by default enough that the PNG is about square.
        most_images: in one PNG, if fewer than would fit.

    Returns:
        The tiling of a full PNG, and the number of images in each but the last.

    Raises:
        InputError: an image is too large for a PNG, or its number of channels is unsupported.
    """
    height, width, channels = image_shape
    if channels not in {1, 3, 4}:
        raise InputError("unsupported number of channels", expected="1, 3 or 4", got=channels)
    if columns is not None and (layout == "rows" or columns < 1):
        raise InputError(
            "columns need layout grid", where="columns", expected="layout grid, 1 or more"
        )
    wanted = min(count, most_images or count)
    if layout == "rows":
        columns = 1
        most = min(MAX_ROWS, MAX_PIXELS // (height * width))
    else:
        side = math.isqrt(MAX_PIXELS)
        square = math.ceil(math.sqrt(min(wanted * height * width, MAX_PIXELS)) / width)
        columns = columns or max(1, min(square, wanted, side // width))
        bands = min(MAX_ROWS // height, MAX_PIXELS // (height * width * columns))
        most = columns * bands
    if most < 1:
        raise InputError(
            "the images are too large for a sprite",
            expected=f"at most {MAX_ROWS:,} rows and {MAX_PIXELS:,} pixels",
            got=f"{height}×{width}",
        )
    each = min(wanted, most)
    if layout == "grid" and each < count and each >= columns:
        each -= each % columns  # full bands
    return Tiling(height, width, channels, each, layout, columns), each
