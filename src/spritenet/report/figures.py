"""The charts of a report as figures, for other documents. Needs the extra `plot`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from spritenet import plots
from spritenet.report import charts
from spritenet.report.report import Report

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
    if report.training is not None and len(report.training.loss):
        drawn["learning"] = partial(plots.chart, *charts.learning_charts(report.training).values())
    if not predictions.right.all():
        drawn["mistakes"] = predictions.plot_mistakes
    for curve in report.robustness:
        classes = len(report.data.class_names)
        drawn[curve.name] = partial(
            plots.chart, charts.robustness_chart(curve, classes, report.perturbed)
        )
    return drawn
