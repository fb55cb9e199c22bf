"""The charts of a report as figures, for other documents. Needs the extra `plot`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from spritenet import plots
from spritenet.model.predictions import Predictions
from spritenet.report import charts
from spritenet.report.report import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["figures"]

Draw = Callable[[], "Figure"]


def figures(report: Report) -> dict[str, Draw]:
    """Returns name → a function that draws the figure, for each that has data."""
    results = report.results
    drawn: dict[str, Draw] = {}
    if isinstance(results, Predictions):
        drawn = {
            "confusion": partial(plots.confusion, results.confusion, results.class_names),
            "classes": partial(plots.class_accuracy, results.confusion, results.class_names),
            "calibration": partial(plots.calibration, results.calibration()),
        }
    if report.training is not None and len(report.training.loss):
        drawn["learning"] = partial(plots.chart, *charts.learning_charts(report.training).values())
    if not results.right.all():
        drawn["mistakes"] = results.plot_mistakes
    classes, metric = len(report.data.class_names), "accuracy"
    if report.is_multi_label:
        classes, metric = 0, "exact match"
    for curve in report.robustness:
        drawn[curve.name] = partial(
            plots.chart, charts.robustness_chart(curve, classes, report.perturbed, metric)
        )
    return drawn
