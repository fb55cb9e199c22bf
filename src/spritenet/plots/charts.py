"""bar, line, scatter, heatmap, histogram, table: plain charts of arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from spritenet.errors import DataError
from spritenet.plots.figure import (
    FAINT,
    INK,
    LINE,
    MAP,
    SERIES,
    SHARES,
    Picture,
    checked_names,
    labelled,
    legend,
    opened,
    scale,
    shortened,
)

# After `figure`, which says what to install if there is no matplotlib.
from matplotlib.table import Table  # isort: skip
from matplotlib.transforms import Bbox  # isort: skip

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["bar", "edges", "heatmap", "histogram", "line", "scatter", "table"]

WIDTH, HEIGHT = 6.4, 4.0
"""Inches."""


def bar(
    heights: ArrayLike,
    names: Sequence[str] | None = None,
    *,
    x_label: str = "",
    y_label: str = "value",
    title: str = "",
) -> Picture:
    """A bar for each value, from zero.

    Args:
        heights: (n,).
        names: of the bars; 0, 1, … by default.
        x_label: what the bars are.
        y_label: what is measured, with its unit.
        title: above it.

    Raises:
        DataError: the values are no row of finite numbers, or the names don't fit.
    """
    values = _row(heights, "heights")
    if not np.isfinite(values).all():
        raise DataError("a bar has no height", where="heights", expected="finite numbers")
    words = checked_names(names, len(values), "bars")
    figure = opened(max(3.2, min(14.0, 1.2 + 0.45 * len(values))), HEIGHT)
    axes = figure.add_subplot()
    labelled(axes, x_label, y_label, title)
    axes.grid(visible=False, axis="x")
    axes.bar(range(len(values)), values, color=SERIES[0], width=0.72)
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


def line(
    series: Mapping[str, ArrayLike] | ArrayLike,
    x: ArrayLike | None = None,
    *,
    bands: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    y_limits: tuple[float, float] | None = None,
    x_label: str = "",
    y_label: str = "value",
    title: str = "",
) -> Picture:
    """A line for each series; NaN leaves a gap.

    Args:
        series: name → values (n,); or one row of values, or several (series, n).
        x: where they are measured, (n,); 0, 1, … by default.
        bands: series' name → the lower and the upper edge of a band around it, (n,) each.
        y_limits: the ends of the y axis; as the values need by default.
        x_label: what x is, with its unit.
        y_label: what is measured, with its unit.
        title: above it.

    Raises:
        DataError: a series has another length than x.
    """
    figure = _drawn(series, x, (x_label, y_label, title), dots=False)
    axes = figure.axes[0]
    for drawn in axes.get_lines():
        band = (bands or {}).get(str(drawn.get_label()))
        if band is not None:
            places = np.asarray(drawn.get_xdata(), np.float64)
            low, high = _row(band[0], "bands"), _row(band[1], "bands")
            colour = drawn.get_color()
            axes.fill_between(places, low, high, color=colour, alpha=0.18, linewidth=0)
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
) -> Picture:
    """A point for each value of each series. The arguments are those of `line`.

    Raises:
        DataError: a series has another length than x.
    """
    return _drawn(series, x, (x_label, y_label, title), dots=True)


def _drawn(
    series: Mapping[str, ArrayLike] | ArrayLike,
    x: ArrayLike | None,
    labels: tuple[str, str, str],
    *,
    dots: bool,
) -> Picture:
    """Lines or points."""
    named: dict[str, ArrayLike]
    if isinstance(series, Mapping):
        named = dict(series)
    else:
        rows = np.atleast_2d(np.asarray(series, np.float64))
        named = {"" if len(rows) == 1 else f"{number}": row for number, row in enumerate(rows)}
    figure = opened(WIDTH, HEIGHT)
    axes = figure.add_subplot()
    labelled(axes, *labels)
    for number, (name, values) in enumerate(named.items()):
        heights = _row(values, name or "series")
        places = np.arange(len(heights)) if x is None else _row(x, "x")
        if len(places) != len(heights):
            raise DataError(
                "a series doesn't fit x",
                where=name or "series",
                expected=f"{len(places)} values",
                got=len(heights),
            )
        label = shortened(name, 30) or None
        colour = SERIES[number % len(SERIES)]
        if dots:
            mark = "osD^vP"[number % 6]  # shapes too: colour alone shall not tell series apart
            axes.scatter(places, heights, s=18, marker=mark, color=colour, alpha=0.75, label=label)
        else:
            style = ("-", "--", ":", "-.")[number // len(SERIES) % 4]
            mark = "." if len(heights) < 30 else ""
            axes.plot(places, heights, color=colour, linestyle=style, marker=mark, label=label)
    if any(named):
        legend(axes)
    return figure


def heatmap(
    matrix: ArrayLike,
    row_names: Sequence[str] | None = None,
    column_names: Sequence[str] | None = None,
    *,
    x_label: str = "",
    y_label: str = "",
    value_label: str = "value",
    title: str = "",
) -> Picture:
    """A matrix as colours, with the scale beside it; small ones with their numbers.

    Where values lie on both sides of zero, zero is the middle of the colours.

    Args:
        matrix: (rows, columns).
        row_names: of the rows; 0, 1, … by default.
        column_names: likewise.
        x_label: what columns are.
        y_label: what rows are.
        value_label: what is measured, with its unit.
        title: above it.

    Raises:
        DataError: it is no matrix, or the names don't fit.
    """
    values = np.asarray(matrix, np.float64)
    if values.ndim != 2 or not values.size:
        raise DataError("this is no matrix", expected="(rows, columns)", got=values.shape)
    rows, columns = values.shape
    names = (
        checked_names(row_names, rows, "rows"),
        checked_names(column_names, columns, "columns"),
    )
    figure = opened(min(14.0, 2.6 + 0.42 * columns), min(14.0, 1.6 + 0.42 * rows))
    axes = figure.add_subplot()
    labelled(axes, x_label, y_label, title)
    axes.grid(visible=False)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    signed = low < 0 < high
    limit = max(-low, high)
    shown = axes.imshow(
        values,
        cmap=MAP if signed else SHARES,
        vmin=-limit if signed else low,
        vmax=limit if signed else high,
        interpolation="nearest",
    )
    scale(figure, shown, axes, value_label)
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
    y_label: str = "how many",
    title: str = "",
) -> Picture:
    """How the values are distributed. What is not finite is counted beside it, not drawn.

    Args:
        values: of any shape.
        bins: how many; chosen by the spread (Freedman and Diaconis) if not given.
        x_label: what is measured, with its unit.
        y_label: what is counted.
        title: above it.

    Raises:
        DataError: there is no finite value.
    """
    given = np.asarray(values, np.float64).ravel()
    finite = given[np.isfinite(given)]
    if not finite.size:
        raise DataError("there is nothing to count", where="values", got="no finite number")
    figure = opened(WIDTH, HEIGHT)
    axes = figure.add_subplot()
    left_out = given.size - finite.size
    labelled(axes, x_label, y_label, title)
    axes.hist(finite, bins=bins or edges(finite), color=SERIES[0])
    axes.set_ylim(bottom=0)
    if left_out:
        axes.set_title(f"{left_out:,} not finite", loc="right", fontsize=8.5, color=FAINT)
    return figure


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> Picture:
    """A table as a figure: words left, numbers right.

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
    figure = opened(
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
    """A value as a table shows it."""
    if isinstance(value, bool | str):
        return shortened(str(value), 40)
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    return shortened(str(value), 40)


def _row(values: ArrayLike, where: str) -> NDArray[np.float64]:
    """Values (n,).

    Raises:
        DataError: they have another shape.
    """
    row = np.asarray(values, np.float64)
    if row.ndim != 1:
        raise DataError("this is no row of values", where=where, expected="(n,)", got=row.shape)
    return row


def edges(values: NDArray[np.float64]) -> list[float]:
    """Bins by Freedman and Diaconis's rule, 5 to 100 of them."""
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return [low - 0.5, low + 0.5]
    upper, lower = np.percentile(values, [75, 25])
    width = 2 * float(upper - lower) / len(values) ** (1 / 3)
    count = int(np.clip((high - low) / width, 5, 100)) if width > 0 else 10
    return [float(edge) for edge in np.linspace(low, high, count + 1)]
