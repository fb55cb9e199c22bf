"""The charts of a report, as data: `web.report` draws them as SVG, `figures` with matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spritenet.charts import Chart, Line, learning_curve
from spritenet.formatting import percent, signed
from spritenet.report.robustness import RobustnessCurve
from spritenet.report.training_record import TrainingRecord
from spritenet.training.history import metric_curves

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["learning_charts", "precision_recall_chart", "robustness_chart"]


def learning_charts(training: TrainingRecord) -> dict[str, Chart]:
    """Returns the curves of loss, accuracy and other metrics, if there are steps or evaluations."""
    tests = training.evaluations
    steps = [test.step for test in tests]
    panels = {
        "loss": (training.loss, [test.loss for test in tests]),
        "accuracy": (training.accuracy, [test.accuracy or 0.0 for test in tests]),
    }
    if tests and tests[-1].accuracy is None:
        del panels["accuracy"]
    charts = {
        metric: learning_curve(
            metric,
            {"training": curve, "validation": (steps, values)},
            sampled=training.sampled,
        )
        for metric, (curve, values) in panels.items()
        if len(curve) or tests
    }
    others = metric_curves(training.epochs, tests)
    return charts | {name: learning_curve(name, series) for name, series in others.items()}


def precision_recall_chart(
    name: str, curve: tuple[ArrayLike, ArrayLike], chosen: tuple[float, float], average: float
) -> Chart:
    """Returns the chart of precision against recall of one class.

    Args:
        name: of the class.
        curve: recall and precision at each threshold.
        chosen: recall and precision at the class's own threshold.
        average: the average precision.
    """
    recall, precision = chosen
    return Chart(
        (
            Line("all thresholds", *curve, colour=0),
            Line("its threshold", [recall], [precision], dots=True, colour=1),
        ),
        x_label="recall",
        y_label="precision",
        x_range=(0, 1),
        y_range=(0, 1),
        percent=True,
        note=f"average precision {average:.3f}",
        description=(
            f"Precision against recall of {name}: average precision {average:.3f}; at its "
            f"threshold, precision {percent(precision)} and recall {percent(recall)}."
        ),
    )


def robustness_chart(
    curve: RobustnessCurve, classes: int, images: int, metric: str = "accuracy"
) -> Chart:
    """Returns the chart of accuracy against the strength of a perturbation.

    Args:
        curve: the accuracy at each level.
        classes: the number of classes, for the accuracy of guessing; 0 for no such line.
        images: the number of images that were changed.
        metric: the name of the accuracy.
    """
    unchanged = curve.accuracy[curve.levels.index(0)]
    first, last = curve.levels[0], curve.levels[-1]
    guessing = Line("guessing", [first, last], [1 / max(1, classes)] * 2, dashed=True)
    own = Line(metric, curve.levels, curve.accuracy, curve.low, curve.high, dots=True, colour=0)
    return Chart(
        (guessing, own) if classes else (own,),
        x_label=f"{curve.name} ({curve.unit})",
        y_label=metric,
        x_range=(first, last),
        y_range=(0, 1),
        percent=True,
        marked=0,
        note=f"{images:,} images",
        description=(
            f"{metric.capitalize()} under {curve.name}: {percent(unchanged)} unchanged, "
            f"{percent(min(curve.accuracy))} at the worst, from {signed(first)} to "
            f"{signed(last)} {curve.unit}."
        ),
    )
