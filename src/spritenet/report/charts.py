"""The charts of a report, as data: `web.report` draws them as SVG, `figures` with matplotlib."""

from __future__ import annotations

from spritenet.charts import Chart, Line, learning_curve
from spritenet.formatting import percent, signed
from spritenet.report.robustness import RobustnessCurve
from spritenet.report.training_record import TrainingRecord

__all__ = ["learning_charts", "robustness_chart"]


def learning_charts(training: TrainingRecord) -> dict[str, Chart]:
    """Returns the curves of loss and accuracy, if there are steps or evaluations."""
    tests = training.evaluations
    steps = [test.step for test in tests]
    panels = {
        "loss": (training.loss, [test.loss for test in tests]),
        "accuracy": (training.accuracy, [test.accuracy or 0.0 for test in tests]),
    }
    if tests and tests[-1].accuracy is None:
        del panels["accuracy"]
    return {
        metric: learning_curve(
            metric,
            {"training": curve, "validation": (steps, values)},
            sampled=training.sampled,
        )
        for metric, (curve, values) in panels.items()
        if len(curve) or tests
    }


def robustness_chart(curve: RobustnessCurve, classes: int, images: int) -> Chart:
    """Returns the chart of accuracy against the strength of a perturbation.

    Args:
        curve: the accuracy at each level.
        classes: the number of classes, for the accuracy of guessing.
        images: the number of images that were changed.
    """
    unchanged = curve.accuracy[curve.levels.index(0)]
    first, last = curve.levels[0], curve.levels[-1]
    return Chart(
        (
            Line("guessing", [first, last], [1 / classes, 1 / classes], dashed=True),
            Line(
                "accuracy", curve.levels, curve.accuracy, curve.low, curve.high, dots=True, colour=0
            ),
        ),
        x_label=f"{curve.name} ({curve.unit})",
        y_label="accuracy",
        x_range=(first, last),
        y_range=(0, 1),
        percent=True,
        marked=0,
        note=f"{images:,} images",
        description=(
            f"Accuracy under {curve.name}: {percent(unchanged)} unchanged, "
            f"{percent(min(curve.accuracy))} at the worst, from {signed(first)} to "
            f"{signed(last)} {curve.unit}."
        ),
    )
