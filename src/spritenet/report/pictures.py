"""The charts of a report as figures, for other documents. Needs the extra `plot`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from spritenet import plots
from spritenet.report.content import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

__all__ = ["pictures"]

MISTAKES = 30


def pictures(report: Report) -> dict[str, Callable[[], Figure]]:
    """Name → what draws it: those there is something to draw of."""
    found = report.predictions
    made: dict[str, Callable[[], Figure]] = {
        "confusion": lambda: plots.confusion(found.confusion, found.class_names),
        "classes": lambda: plots.class_accuracy(found.confusion, found.class_names),
        "calibration": lambda: plots.calibration(found.calibration()),
    }
    if report.learning is not None and len(report.learning.loss):
        made["learning"] = lambda: _learning(report)
    if not found.right.all():
        made["mistakes"] = lambda: _mistakes(report)
    for curve in report.curves:
        made[curve.name] = lambda curve=curve: plots.line(  # type: ignore[misc]  # bound now
            {"accuracy": curve.accuracy},
            curve.levels,
            bands={"accuracy": (curve.low, curve.high)},
            y_limits=(0, 1.02),
            x_label=f"{curve.name} ({curve.unit})",
            y_label=f"accuracy on {report.stressed:,} images",
        )
    return made


def _learning(report: Report) -> Figure:
    """Loss and accuracy against steps."""
    learning = report.learning
    panels: dict[str, dict[str, tuple[ArrayLike, ArrayLike]]] = {}
    title = ""
    if learning is not None:
        tests = learning.evaluations
        if learning.loss.each > 1:
            title = f"training: means of {learning.loss.each:,} steps"
        for what, curve in (("loss", learning.loss), ("accuracy", learning.accuracy)):
            panels[what] = {"training": (curve.x, curve.y)}
            if tests:
                steps = [test.step for test in tests]
                panels[what]["held out"] = (steps, [float(getattr(test, what)) for test in tests])
    return plots.curves(panels, title=title)


def _mistakes(report: Report) -> Figure:
    """The most confident ones."""
    found = report.predictions
    wrong = found.mistakes(MISTAKES)
    names, predicted = found.class_names, found.predicted
    captions = [f"{names[predicted[i]]} ({names[found.labels[i]]})" for i in wrong]
    return plots.images(found.images[wrong], captions, right=[False] * len(wrong))
