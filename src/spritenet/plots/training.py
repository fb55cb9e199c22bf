"""curves, distribution: metrics and weights during training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spritenet.charts import Thinned, histogram, learning_curve
from spritenet.errors import DataError
from spritenet.plots.charts import chart
from spritenet.plots.drawing import draw
from spritenet.plots.figure import FAINT, INK, NotebookFigure, new_figure, shortened

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["curves", "distribution"]


def curves(
    panels: Mapping[str, Mapping[str, Thinned | tuple[ArrayLike, ArrayLike]]],
    *,
    x_label: str = "step",
    title: str = "",
) -> NotebookFigure:
    """Plots learning curves, a panel for each metric.

    A line of more than 400 points becomes means of equally many, with a band from the smallest to
    the largest; the panel says so.

    Args:
        panels: metric → name of a series → x and y, (n,) each:
            {"loss": {"training": (steps, losses), "validation": …}, …}.
        x_label: of the x axes, with its unit.
        title: of the figure.

    Raises:
        DataError: there is nothing to plot, or x and y of a series don't match.
    """
    charts = [
        learning_curve(metric, series, x_label=x_label)
        for metric, series in panels.items()
        if series
    ]
    if not charts:
        raise DataError("nothing to plot yet", where="curves", do="Train first.")
    return chart(*charts, title=title)


def distribution(
    arrays: Mapping[str, ArrayLike] | ArrayLike, *, title: str = "", columns: int = 2
) -> NotebookFigure:
    """Plots a histogram of each array of weights or outputs, with its statistics.

    Args:
        arrays: name → values of any shape; or one array.
        title: of the figure.
        columns: panels side by side.

    Raises:
        DataError: there is no array.
    """
    named = dict(arrays) if isinstance(arrays, Mapping) else {"values": arrays}
    if not named:
        raise DataError("nothing to plot", where="distribution", got="no arrays")
    columns = max(1, min(columns, len(named)))
    rows = -(-len(named) // columns)
    figure = new_figure(0.4 + 4.2 * columns, 0.4 + 2.5 * rows, title)
    for number, (name, values) in enumerate(named.items(), 1):
        axes = figure.add_subplot(rows, columns, number)
        draw(axes, replace(histogram(values), note=""))
        axes.set_title(shortened(name, 34), color=INK, fontsize=10, loc="left", pad=17)
        axes.annotate(
            _statistics(np.asarray(values, np.float64).ravel()),
            (0, 1),
            xytext=(0, 5),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=7.5,
            color=FAINT,
        )
        axes.set_ylim(bottom=0)
    return figure


def _statistics(values: NDArray[np.float64]) -> str:
    """The columns of tfvis's table of a layer: count, range, mean, zeros, values not finite."""
    finite = values[np.isfinite(values)]
    words = [f"{values.size:,} value{'s' * (values.size != 1)}"]
    if finite.size:
        words.append(f"{finite.min():.2g} to {finite.max():.2g}")
        words.append(f"mean {finite.mean():.2g} ± {finite.std():.2g}")
    zeros = int((finite == 0).sum())
    if zeros:
        words.append(f"{zeros:,} zero")
    if values.size - finite.size:
        words.append(f"{values.size - finite.size:,} not finite")
    return " · ".join(words)
