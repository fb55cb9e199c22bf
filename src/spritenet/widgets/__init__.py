"""Notebook widgets: draw and predict, a live training chart, a confusion matrix to click.

    widget.py     Widget: the one door to anywidget; HTML where a notebook has no widgets
    draw.py       Draw: a sheet to draw on, and what a model predicts
    chart.py      TrainingChart: curves of a training while it runs
    confusion.py  Confusion: the confusion matrix; a click shows a cell's images
    static/       their JavaScript, one module each

Widgets are leaves: they take models, events and scores, and nothing knows them. anywidget is an
extra, pip install "spritenet[widget]", and imported when a widget is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spritenet.widgets.chart import TrainingChart
    from spritenet.widgets.confusion import Confusion
    from spritenet.widgets.draw import Draw

__all__ = ["Confusion", "Draw", "TrainingChart"]

_HOME = {"Confusion": "confusion", "Draw": "draw", "TrainingChart": "chart"}


def __getattr__(name: str) -> object:
    """Returns a widget, fetched from its module.

    Raises:
        MissingExtraError: anywidget is not installed.
    """
    if name not in _HOME:
        raise AttributeError(f"module 'spritenet.widgets' has no attribute {name!r}")
    import_module("spritenet.widgets.widget")  # first, as it says what is not installed
    value: object = getattr(import_module(f"spritenet.widgets.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    """Returns all public names."""
    return list(__all__)
