"""Figures of arrays: the one door to matplotlib.

    figure.py    Picture: a matplotlib figure that notebooks show by itself; colours, axes
    charts.py    bar, line, scatter, heatmap, histogram, table
    judging.py   confusion, class_accuracy, calibration: how good predictions are
    pictures.py  images, filters, activations: pixels and maps
    learning.py  curves, distribution: what training does to figures and weights

Every function takes arrays and returns a matplotlib figure. None shows it, and nothing global
changes: `figure.savefig("name.png")` writes it, a notebook shows it. They know no model and no
data set; the methods of those call them.

matplotlib is an extra, pip install "spritenet[plot]", and imported when a plot is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spritenet.plots.charts import bar, heatmap, histogram, line, scatter, table
    from spritenet.plots.judging import calibration, class_accuracy, confusion
    from spritenet.plots.learning import curves, distribution
    from spritenet.plots.pictures import activations, filters, images

__all__ = [
    "activations",
    "bar",
    "calibration",
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
    **dict.fromkeys(("bar", "heatmap", "histogram", "line", "scatter", "table"), "charts"),
    **dict.fromkeys(("calibration", "class_accuracy", "confusion"), "judging"),
    **dict.fromkeys(("curves", "distribution"), "learning"),
    **dict.fromkeys(("activations", "filters", "images"), "pictures"),
}


def __getattr__(name: str) -> object:
    """The function, fetched from its module.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    if name not in _HOME:
        raise AttributeError(f"module 'spritenet.plots' has no attribute {name!r}")
    value: object = getattr(import_module(f"spritenet.plots.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    """All public names."""
    return list(__all__)
