"""images, filters, activations: pixels and maps as grids of tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.charts import Bars, Chart
from spritenet.errors import DataError
from spritenet.plots.drawing import draw
from spritenet.plots.figure import (
    FAINT,
    INK,
    MAP,
    RIGHT,
    WRONG,
    NotebookFigure,
    color_scale,
    new_figure,
    shortened,
)

# After `figure`, which says what to install if there is no matplotlib.
from matplotlib.ticker import MaxNLocator  # isort: skip

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase
    from numpy.typing import ArrayLike, NDArray

__all__ = ["activations", "filters", "images"]

MOST_TILES = 64
"""Maps of one layer in a figure; the scale says how many more there are."""


def images(
    pixels: ArrayLike,
    captions: Sequence[str] | None = None,
    *,
    right: Sequence[bool] | None = None,
    columns: int = 10,
    title: str = "",
) -> NotebookFigure:
    """Plots images as a grid, every pixel a square.

    Args:
        pixels: n h w c or n h w, 0 to 255, or floats from 0 to 1. Of other channel counts than
            1, 3 and 4 the first is shown.
        captions: one for each image, below it.
        right: True for a caption with ✓ in green, False for ✗ in orange.
        columns: tiles side by side.
        title: of the figure.

    Raises:
        DataError: these are no images, or the captions don't fit.
    """
    array = np.asarray(pixels)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4 or not array.size:
        raise DataError("no images", expected="n h w c", got=f"shape {array.shape}")
    for given, what in ((captions, "captions"), (right, "marks")):
        if given is not None and len(given) != len(array):
            raise DataError(f"the {what} don't fit", expected=len(array), got=len(given))
    if array.dtype.kind == "f":
        if not (array.min() >= 0 and array.max() <= 1):
            got = f"{array.min():g} to {array.max():g}"
            raise DataError("invalid pixel values", expected="0 to 1", got=got)
        array = np.rint(255 * array).astype(np.uint8)
    n, height, width, channels = array.shape
    columns = max(1, min(columns, n))
    rows = -(-n // columns)
    tall = 0.85 * height / max(height, width) + (0.26 if captions is not None else 0.05)
    figure = new_figure(0.9 * columns + 0.1, tall * rows + (0.45 if title else 0.1), title)
    for number, image in enumerate(array):
        axes = figure.add_subplot(rows, columns, number + 1)
        pixels_u8 = image if channels in {3, 4} else image[:, :, 0]
        axes.imshow(pixels_u8, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        _bare(axes)
        if captions is None:
            continue
        text, colour = shortened(captions[number], 14), INK
        if right is not None:
            sign, colour = ("✓", RIGHT) if right[number] else ("✗", WRONG)
            text = f"{sign} {text}"
        axes.set_xlabel(text, fontsize=7.5, color=colour, labelpad=2)
    return figure


def filters(kernel: ArrayLike, *, columns: int = 8, title: str = "") -> NotebookFigure:
    """Plots a layer's filters as a grid: blue above zero, brown below, one scale for all.

    Args:
        kernel: (height, width, in, filters). Filters over one channel are shown as they are, over
            more channels as the mean over those.
        columns: tiles side by side.
        title: of the figure.

    Raises:
        DataError: the array is not a convolution kernel.
    """
    weights = np.asarray(kernel, np.float64)
    if weights.ndim != 4 or not weights.size:
        raise DataError(
            "not a convolution kernel",
            expected="(height, width, in, filters)",
            got=weights.shape,
        )
    maps = np.moveaxis(weights.mean(axis=2), -1, 0)
    what = "weight" if weights.shape[2] == 1 else f"mean weight over {weights.shape[2]} channels"
    figure = new_figure(0.72 * min(columns, len(maps)) + 1.3, _tall(len(maps), columns), title)
    _grid(figure, maps[:MOST_TILES], min(columns, len(maps)), what, more=len(maps) - MOST_TILES)
    return figure


def activations(
    maps: Mapping[str, NDArray[Any]], *, columns: int = 8, title: str = ""
) -> NotebookFigure:
    """Plots each layer's output for one image: channels as maps, a vector as bars.

    Args:
        maps: layer's name → its output, (h, w, c) or (units,).
        columns: tiles side by side.
        title: of the figure.

    Raises:
        DataError: there is no layer.
    """
    if not maps:
        raise DataError("there are no activations", expected="a layer's output", got="nothing")
    heights = []
    for values in maps.values():
        flat = values.ndim == 1 or values.shape[:2] == (1, 1)
        heights.append(1.5 if flat else _tall(values.shape[2], columns))
    figure = new_figure(0.72 * columns + 1.6, sum(heights) + (0.3 if title else 0.0), title)
    parts = figure.subfigures(len(maps), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, (name, values) in zip(parts, maps.items(), strict=True):
        size = "×".join(map(str, values.shape))
        part.suptitle(f"{shortened(name, 40)}, {size}", fontsize=9, color=INK, x=0.01, ha="left")
        if values.ndim == 1 or values.shape[:2] == (1, 1):
            axes = part.add_subplot()
            bars = Bars("", np.arange(values.size + 1) - 0.5, values.ravel(), gap=0.1)
            draw(axes, Chart((bars,), "unit", "output", from_zero=True))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        else:
            tiles = np.moveaxis(values, -1, 0)
            _grid(part, tiles[:MOST_TILES], columns, "output", more=len(tiles) - MOST_TILES)
    return figure


def _tall(count: int, columns: int) -> float:
    """Returns the height in inches of that many tiles, with a heading."""
    return 0.72 * -(-min(count, MOST_TILES) // columns) + 0.5


def _grid(figure: FigureBase, maps: NDArray[Any], columns: int, what: str, *, more: int) -> None:
    """Draws maps (n h w) on one scale, zero in its middle if there are values on both sides."""
    rows = -(-len(maps) // columns)
    low, high = float(maps.min()), float(maps.max())
    signed = low < 0
    limit = max(-low, high) or 1.0
    grid = figure.subplots(rows, columns, squeeze=False)
    image = None
    for number, axes in enumerate(grid.ravel()):
        _bare(axes)
        if number >= len(maps):
            axes.set_visible(False)
            continue
        image = axes.imshow(
            maps[number],
            cmap=MAP if signed else "gray",
            vmin=-limit if signed else 0.0,
            vmax=limit,
            interpolation="nearest",
        )
    if image is not None:
        color_scale(figure, image, grid, what if more <= 0 else f"{what}\n({more} more not shown)")


def _bare(axes: Axes) -> None:
    """Removes the ticks and thins the frame."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(FAINT)
        spine.set_linewidth(0.4)
