"""bar, chart, heatmap, histogram, line, scatter, table: charts of arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from spritenet.charts import Bars, Chart, Line
from spritenet.charts import histogram as count_values
from spritenet.charts.chart import COLOURS
from spritenet.errors import DataError
from spritenet.plots.drawing import draw
from spritenet.plots.figure import (
    FAINT,
    FRACTIONS,
    INK,
    LINE,
    MAP,
    NotebookFigure,
    checked_names,
    color_scale,
    label_axes,
    legend,
    new_figure,
    shortened,
)

# After `figure`, which says what to install if there is no matplotlib.
from matplotlib.table import Table  # isort: skip
from matplotlib.transforms import Bbox  # isort: skip

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["bar", "chart", "heatmap", "histogram", "line", "scatter", "table"]

WIDTH, HEIGHT = 6.4, 4.0
"""Inches."""


def bar(
    heights: ArrayLike,
    names: Sequence[str] | None = None,
    *,
    x_label: str = "",
    y_label: str = "value",
    title: str = "",
) -> NotebookFigure:
    """Plots a bar for each value, from zero.

    Args:
        heights: (n,), finite.
        names: of the bars; 0, 1, … by default.
        x_label: of the x axis.
        y_label: of the y axis, with its unit.
        title: of the figure.

    Raises:
        DataError: the values are no row of finite numbers, or the names don't fit.
    """
    values = _row(heights, "heights")
    if not np.isfinite(values).all():
        raise DataError("a bar has no height", where="heights", expected="finite numbers")
    words = checked_names(names, len(values), "bars")
    figure = new_figure(max(3.2, min(14.0, 1.2 + 0.45 * len(values))), HEIGHT)
    axes = figure.add_subplot()
    bars = Bars("", np.arange(len(values) + 1) - 0.5, values, gap=0.28)
    draw(axes, Chart((bars,), x_label, y_label, from_zero=True), title)
    axes.grid(visible=False, axis="x")
    axes.axhline(0, color=FAINT, linewidth=0.8)
    every = -(-len(values) // 40)  # more names than that overlap
    places = range(0, len(values), every)
    long = max((len(words[i]) for i in places), default=0) > 4
    axes.set_xticks(
        list(places),
        [shortened(words[i]) for i in places],
        rotation=45 if long else 0,
        ha="right" if long else "center",
    )
    return figure


def chart(*charts: Chart, title: str = "") -> NotebookFigure:
    """Plots charts of `spritenet.charts`, side by side.

    Args:
        charts: at least one.
        title: of the figure.
    """
    width, height = (WIDTH, HEIGHT) if len(charts) == 1 else (1.0 + 4.4 * len(charts), 3.8)
    figure = new_figure(width, height, title)
    for number, each in enumerate(charts, 1):
        draw(figure.add_subplot(1, len(charts), number), each)
    return figure


def line(
    series: Mapping[str, ArrayLike] | ArrayLike,
    x: ArrayLike | None = None,
    *,
    bands: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    y_limits: tuple[float, float] | None = None,
    x_label: str = "",
    y_label: str = "value",
    title: str = "",
) -> NotebookFigure:
    """Plots a line for each series; NaN leaves a gap.

    Args:
        series: name → values (n,); or one row of values, or several (series, n).
        x: (n,); 0, 1, … by default.
        bands: name of a series → the lower and the upper edge of a band around it, (n,) each.
        y_limits: the ends of the y axis; by default those of the values.
        x_label: of the x axis, with its unit.
        y_label: of the y axis, with its unit.
        title: of the figure.

    Raises:
        DataError: a series has another length than x.
    """
    edges = bands or {}
    lines = []
    for name, (places, heights) in _series(series, x).items():
        low, high = edges.get(name, (None, None))
        low = None if low is None else _row(low, "bands")
        high = None if high is None else _row(high, "bands")
        lines.append(Line(name, places, heights, low, high, dots=len(heights) < 30))
    figure = new_figure(WIDTH, HEIGHT)
    axes = figure.add_subplot()
    draw(axes, Chart(tuple(lines), x_label, y_label), title)
    if y_limits is not None:
        axes.set_ylim(*y_limits)
    return figure


def scatter(
    series: Mapping[str, ArrayLike] | ArrayLike,
    x: ArrayLike | None = None,
    *,
    x_label: str = "",
    y_label: str = "value",
    title: str = "",
) -> NotebookFigure:
    """Plots a point for each value of each series. The arguments are those of `line`.

    Raises:
        DataError: a series has another length than x.
    """
    figure = new_figure(WIDTH, HEIGHT)
    axes = figure.add_subplot()
    label_axes(axes, x_label, y_label, title)
    named = _series(series, x)
    for number, (name, (places, heights)) in enumerate(named.items()):
        mark = "osD^vP"[number % 6]  # shapes too: colour alone shall not tell series apart
        colour = COLOURS[number % len(COLOURS)]
        label = shortened(name, 30) or None
        axes.scatter(places, heights, s=18, marker=mark, color=colour, alpha=0.75, label=label)
    if any(named):
        legend(axes)
    return figure


def _series(
    series: Mapping[str, ArrayLike] | ArrayLike, x: ArrayLike | None
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Returns name → x and y, (n,) each; a single row has no name.

    Raises:
        DataError: a series has another length than x.
    """
    if isinstance(series, Mapping):
        named = dict(series)
    else:
        rows = np.atleast_2d(np.asarray(series, np.float64))
        named = {"" if len(rows) == 1 else f"{number}": row for number, row in enumerate(rows)}
    pairs = {}
    for name, values in named.items():
        heights = _row(values, name or "series")
        places = np.arange(len(heights), dtype=np.float64) if x is None else _row(x, "x")
        if len(places) != len(heights):
            raise DataError(
                "a series doesn't fit x",
                where=name or "series",
                expected=f"{len(places)} values",
                got=len(heights),
            )
        pairs[name] = places, heights
    return pairs


def heatmap(
    matrix: ArrayLike,
    row_names: Sequence[str] | None = None,
    column_names: Sequence[str] | None = None,
    *,
    x_label: str = "",
    y_label: str = "",
    value_label: str = "value",
    title: str = "",
) -> NotebookFigure:
    """Plots a matrix as colours, with their scale; a small one with its numbers.

    If values lie on both sides of zero, zero is the middle of the colours.

    Args:
        matrix: (rows, columns).
        row_names: of the rows; 0, 1, … by default.
        column_names: likewise.
        x_label: of the columns.
        y_label: of the rows.
        value_label: of the colours, with its unit.
        title: of the figure.

    Raises:
        DataError: the matrix is empty or has other axes, or the names don't fit.
    """
    values = np.asarray(matrix, np.float64)
    if values.ndim != 2 or not values.size:
        raise DataError("not a matrix", expected="(rows, columns)", got=values.shape)
    rows, columns = values.shape
    names = (
        checked_names(row_names, rows, "rows"),
        checked_names(column_names, columns, "columns"),
    )
    figure = new_figure(min(14.0, 2.6 + 0.42 * columns), min(14.0, 1.6 + 0.42 * rows))
    axes = figure.add_subplot()
    label_axes(axes, x_label, y_label, title)
    axes.grid(visible=False)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    signed = low < 0 < high
    limit = max(-low, high)
    image = axes.imshow(
        values,
        cmap=MAP if signed else FRACTIONS,
        vmin=-limit if signed else low,
        vmax=limit if signed else high,
        interpolation="nearest",
    )
    color_scale(figure, image, axes, value_label)
    for axis, words in ((axes.yaxis, names[0]), (axes.xaxis, names[1])):
        every = -(-len(words) // 40)
        axis.set_ticks(
            list(range(0, len(words), every)), [shortened(word) for word in words[::every]]
        )
    if max(map(len, names[1])) > 3:
        axes.tick_params(axis="x", rotation=60)
    if max(rows, columns) <= 20:
        for (row, column), value in np.ndenumerate(values):
            dark = abs(value) > 0.6 * limit if signed else value - low > 0.5 * (high - low)
            text = f"{value:,.0f}" if value == round(value) else f"{value:.2g}"
            colour = "white" if dark else INK
            axes.text(column, row, text, ha="center", va="center", fontsize=7.5, color=colour)
    return figure


def histogram(
    values: ArrayLike,
    bins: int | None = None,
    *,
    x_label: str = "value",
    y_label: str = "count",
    title: str = "",
) -> NotebookFigure:
    """Plots a histogram of the finite values, and says how many others there are.

    Args:
        values: of any shape.
        bins: their number; chosen by Freedman and Diaconis's rule by default.
        x_label: of the x axis, with its unit.
        y_label: of the y axis.
        title: of the figure.

    Raises:
        DataError: there is no finite value.
    """
    counted = count_values(values, bins, x_label=x_label, y_label=y_label)
    if not counted.content:
        raise DataError("there is nothing to count", where="values", got="no finite number")
    figure = new_figure(WIDTH, HEIGHT)
    draw(figure.add_subplot(), counted, title)
    return figure


def table(
    heads: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = ""
) -> NotebookFigure:
    """Draws a table as a figure: words left, numbers right.

    Raises:
        DataError: a row has another length than the heads.
    """
    texts = [[_cell(value) for value in row] for row in rows]
    for number, row in enumerate(texts):
        if len(row) != len(heads):
            raise DataError(
                f"row {number} doesn't fit the heads", expected=len(heads), got=len(row)
            )
    widths = [max(len(word) for word in column) for column in zip(heads, *texts, strict=True)]
    total = sum(widths) + 2 * len(widths)
    figure = new_figure(
        max(2.4, 0.085 * total + 0.4), 0.27 * (len(texts) + 1) + 0.35 + 0.3 * bool(title)
    )
    axes = figure.add_subplot()
    axes.axis("off")
    if title:
        axes.set_title(title, color=INK, fontsize=10, loc="left")
    drawn = Table(axes, bbox=Bbox.unit())
    drawn.auto_set_font_size(value=False)
    for column, width in enumerate(widths):
        numbers = bool(rows) and all(_is_number(row[column]) for row in rows)
        side: Literal["left", "right"] = "right" if numbers else "left"
        words = [shortened(heads[column], 40), *(row[column] for row in texts)]
        for place, word in enumerate(words):
            cell = drawn.add_cell(
                place, column, (width + 2) / total, 1 / len(words), text=word, loc=side
            )
            cell.set_edgecolor(LINE)
            cell.visible_edges = "B"
            weight = "normal" if place else "bold"
            cell.set_text_props(color=INK if place else FAINT, fontsize=9, fontweight=weight)
    axes.add_table(drawn)
    return figure


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _cell(value: object) -> str:
    """Formats a value of a table."""
    if isinstance(value, bool | str):
        return shortened(str(value), 40)
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    return shortened(str(value), 40)


def _row(values: ArrayLike, where: str) -> NDArray[np.float64]:
    """Returns values (n,).

    Raises:
        DataError: the values have another shape.
    """
    row = np.asarray(values, np.float64)
    if row.ndim != 1:
        raise DataError("not a row of values", where=where, expected="(n,)", got=row.shape)
    return row
