"""The charts of a report as figures, for other documents. Needs the extra `plot`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from spritenet import plots
from spritenet.report import charts
from spritenet.report.content import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["figures"]

Draw = Callable[[], "Figure"]


def figures(report: Report) -> dict[str, Draw]:
    """Returns name → a function that draws the figure, for each that has data."""
    predictions = report.predictions
    drawn: dict[str, Draw] = {
        "confusion": partial(plots.confusion, predictions.confusion, predictions.class_names),
        "classes": partial(plots.class_accuracy, predictions.confusion, predictions.class_names),
        "calibration": partial(plots.calibration, predictions.calibration()),
    }
    if report.learning is not None and len(report.learning.loss):
        drawn["learning"] = partial(plots.chart, *charts.learning_charts(report.learning).values())
    if not predictions.right.all():
        drawn["mistakes"] = predictions.plot_mistakes
    for curve in report.curves:
        classes = len(report.data.class_names)
        drawn[curve.name] = partial(
            plots.chart, charts.stress_chart(curve, classes, report.stressed)
        )
    return drawn
