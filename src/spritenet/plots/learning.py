"""curves, distribution: what training does to figures and weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import DataError
from spritenet.plots.charts import edges
from spritenet.plots.figure import FAINT, INK, SERIES, Picture, labelled, legend, opened, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

__all__ = ["curves", "distribution"]

POINTS = 400
"""Points of a line; of more steps, each point is the mean of some, and that is said."""


def curves(
    panels: Mapping[str, Mapping[str, tuple[ArrayLike, ArrayLike]]],
    *,
    x_label: str = "step",
    title: str = "",
) -> Picture:
    """Curves of a training, a panel a figure: {"loss": {"training": (steps, losses), …}, …}.

    A line of more than 400 points becomes means of equally many, over a band from the smallest to
    the largest: nothing is smoothed without being said.

    Args:
        panels: what is measured → series' name → x and y, (n,) each.
        x_label: what x is, with its unit.
        title: above them.

    Raises:
        DataError: there is nothing to draw.
    """
    shown = {name: series for name, series in panels.items() if series}
    if not shown:
        raise DataError("there is nothing to draw yet", where="curves", do="Train first.")
    figure = opened(1.0 + 4.4 * len(shown), 3.8, title)
    for number, (what, series) in enumerate(shown.items(), 1):
        axes = figure.add_subplot(1, len(shown), number)
        labelled(axes, x_label, what)
        said = [_curve(axes, i, name, *line) for i, (name, line) in enumerate(series.items())]
        if all(np.nanmin(np.asarray(y, np.float64), initial=0) >= 0 for _, y in series.values()):
            axes.set_ylim(bottom=0)  # half as high is half as much
        legend(axes)
        most = max(said)
        if most > 1:
            note = f"means of {most:,} steps, and their range"
            axes.set_title(note, loc="right", fontsize=8, color=FAINT)
    return figure


def _curve(axes: Axes, number: int, name: str, x: ArrayLike, y: ArrayLike) -> int:
    """Draw one; how many steps a point stands for."""
    places, heights = np.asarray(x, np.float64), np.asarray(y, np.float64)
    colour = SERIES[number % len(SERIES)]
    many = -(-len(heights) // POINTS)
    label = shortened(name, 30)
    if many <= 1:
        few = len(heights) < 40
        axes.plot(
            places, heights, color=colour, marker="o" if few else "", markersize=4, label=label
        )
        return 1
    starts = np.arange(0, len(heights), many)
    counts = np.diff(np.append(starts, len(heights)))
    means = np.add.reduceat(heights, starts) / counts
    middles = np.add.reduceat(places, starts) / counts
    axes.fill_between(
        middles,
        np.minimum.reduceat(heights, starts),
        np.maximum.reduceat(heights, starts),
        color=colour,
        alpha=0.18,
        linewidth=0,
    )
    axes.plot(middles, means, color=colour, linewidth=1.3, label=label)
    return many


def distribution(
    arrays: Mapping[str, ArrayLike] | ArrayLike, *, title: str = "", columns: int = 2
) -> Picture:
    """How the values of weights or outputs are distributed, an array a panel, with its figures.

    Args:
        arrays: name → values of any shape; or one array.
        title: above it.
        columns: panels side by side.

    Raises:
        DataError: there is no array.
    """
    named = dict(arrays) if isinstance(arrays, Mapping) else {"values": arrays}
    if not named:
        raise DataError("there is nothing to draw", where="distribution", got="no arrays")
    columns = max(1, min(columns, len(named)))
    rows = -(-len(named) // columns)
    figure = opened(0.4 + 4.2 * columns, 0.4 + 2.5 * rows, title)
    for number, (name, values) in enumerate(named.items(), 1):
        axes = figure.add_subplot(rows, columns, number)
        given = np.asarray(values, np.float64).ravel()
        finite = given[np.isfinite(given)]
        labelled(axes, "value", "how many")
        if finite.size:
            axes.hist(finite, bins=edges(finite), color=SERIES[0])
        axes.set_title(shortened(name, 34), color=INK, fontsize=10, loc="left", pad=17)
        axes.annotate(
            _figures(given.size, finite),
            (0, 1),
            xytext=(0, 5),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=7.5,
            color=FAINT,
        )
        axes.set_ylim(bottom=0)
    return figure


def _figures(count: int, finite: NDArray[np.float64]) -> str:
    """What tfvis's table of a layer says: how many, least, greatest, zeros, what is not finite."""
    lines = [f"{count:,} value{'s' * (count != 1)}"]
    if finite.size:
        lines.append(f"{finite.min():.2g} to {finite.max():.2g}")
        lines.append(f"mean {finite.mean():.2g} ± {finite.std():.2g}")
    zeros = int((finite == 0).sum())
    if zeros:
        lines.append(f"{zeros:,} zero")
    if count - finite.size:
        lines.append(f"{count - finite.size:,} not finite")
    return " · ".join(lines)
