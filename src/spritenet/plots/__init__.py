"""Figures of arrays: the one door to matplotlib.

    figure.py       NotebookFigure: a matplotlib figure that notebooks show; colours, axes
    drawing.py      draw: a chart of `spritenet.charts` on matplotlib's axes
    charts.py       bar, line, scatter, heatmap, histogram, table; chart: any `charts.Chart`
    evaluation.py   confusion, class_accuracy, calibration: the quality of predictions
    image_grids.py  images, filters, activations: pixels and maps
    training.py     curves, distribution: metrics and weights during training

Every function takes arrays and returns a matplotlib figure. None shows it, and nothing global
changes: `figure.savefig("name.png")` writes it, a notebook shows it. They know no model and no
data set; the methods of those call them.

matplotlib is an extra, pip install "spritenet[plot]", and imported when a plot is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spritenet.plots.charts import bar, chart, heatmap, histogram, line, scatter, table
    from spritenet.plots.evaluation import calibration, class_accuracy, confusion
    from spritenet.plots.image_grids import activations, filters, images
    from spritenet.plots.training import curves, distribution

__all__ = [
    "activations",
    "bar",
    "calibration",
    "chart",
    "class_accuracy",
    "confusion",
    "curves",
    "distribution",
    "filters",
    "heatmap",
    "histogram",
    "images",
    "line",
    "scatter",
    "table",
]

_HOME = {
    **dict.fromkeys(("bar", "chart", "heatmap", "histogram"), "charts"),
    **dict.fromkeys(("line", "scatter", "table"), "charts"),
    **dict.fromkeys(("calibration", "class_accuracy", "confusion"), "evaluation"),
    **dict.fromkeys(("curves", "distribution"), "training"),
    **dict.fromkeys(("activations", "filters", "images"), "image_grids"),
}


def __getattr__(name: str) -> object:
    """Returns a function, fetched from its module.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    if name not in _HOME:
        raise AttributeError(f"module 'spritenet.plots' has no attribute {name!r}")
    value: object = getattr(import_module(f"spritenet.plots.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    """Returns all public names."""
    return list(__all__)
