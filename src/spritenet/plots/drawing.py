"""draw: a chart on matplotlib's axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet.charts import Bars, Chart, Line
from spritenet.charts.chart import COLOURS
from spritenet.plots.figure import FAINT, label_axes, legend, shortened

# After `figure`, which says what to install if there is no matplotlib.
from matplotlib.ticker import PercentFormatter  # isort: skip

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw"]

MARGIN = 0.02
"""Room beyond the ends of a given range, as a fraction of it, so that dots aren't cut."""


def draw(axes: Axes, chart: Chart, title: str = "") -> None:
    """Draws lines and bars with their labels, note, ranges and legend."""
    label_axes(axes, chart.x_label, chart.y_label, title)
    for place, item in enumerate(chart.content):
        number = place if item.colour is None else item.colour
        if isinstance(item, Bars):
            _draw_bars(axes, item, COLOURS[number % len(COLOURS)])
        else:
            _draw_line(axes, item, number)
    axes.set_xscale("log" if chart.x_log else "linear")
    if chart.marked is not None:
        axes.axvline(chart.marked, color=FAINT, linestyle=":", linewidth=1)
    for limits, set_limits in ((chart.x_range, axes.set_xlim), (chart.y_range, axes.set_ylim)):
        if limits is not None and limits[0] < limits[1]:
            room = MARGIN * (limits[1] - limits[0])
            set_limits(limits[0] - room, limits[1] + room)
    if chart.from_zero and axes.dataLim.y0 >= 0:
        axes.set_ylim(bottom=0)
    if chart.percent:
        axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    if chart.note:
        axes.set_title(chart.note, loc="right", fontsize=8, color=FAINT)
    if any(item.name for item in chart.content):
        legend(axes)


def _draw_bars(axes: Axes, bars: Bars, colour: str) -> None:
    edges = np.asarray(bars.edges, np.float64)
    axes.bar(
        (edges[:-1] + edges[1:]) / 2,
        np.asarray(bars.heights, np.float64),
        width=np.diff(edges) * (1 - bars.gap),
        color=colour,
        label=shortened(bars.name, 30) or None,
    )


def _draw_line(axes: Axes, line: Line, number: int) -> None:
    """Draws the band, then the line; lines of the same colour differ in their dashes."""
    x, y = np.asarray(line.x, np.float64), np.asarray(line.y, np.float64)
    label = shortened(line.name, 30) or None
    if line.dashed:
        axes.plot(x, y, color=FAINT, linestyle="--", linewidth=1, label=label)
        return
    colour = COLOURS[number % len(COLOURS)]
    if line.low is not None and line.high is not None:
        low, high = np.asarray(line.low, np.float64), np.asarray(line.high, np.float64)
        axes.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.plot(
        x,
        y,
        color=colour,
        linestyle=("-", "--", ":", "-.")[number // len(COLOURS) % 4],
        linewidth=1.3 if line.low is not None else None,
        marker="o" if line.dots else "",
        markersize=4,
        label=label,
    )
    if line.label and len(x):
        axes.annotate(
            shortened(line.label, 30),
            (float(x[-1]), float(y[-1])),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
