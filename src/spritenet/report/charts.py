"""The charts of a report, as data: `web.report` draws them as SVG, `figures` with matplotlib."""

from __future__ import annotations

from spritenet.charts import Chart, Line, learning_curve
from spritenet.formatting import percent, signed
from spritenet.report.learning import Learning
from spritenet.report.stress import Curve

__all__ = ["learning_charts", "stress_chart"]


def learning_charts(learning: Learning) -> dict[str, Chart]:
    """Returns the curves of loss and accuracy, if there are steps or evaluations."""
    tests = learning.evaluations
    steps = [test.step for test in tests]
    panels = {
        "loss": (learning.loss, [test.loss for test in tests]),
        "accuracy": (learning.accuracy, [test.accuracy for test in tests]),
    }
    return {
        metric: learning_curve(
            metric,
            {"training": training, "validation": (steps, values)},
            sampled=learning.sampled,
        )
        for metric, (training, values) in panels.items()
        if len(training) or tests
    }


def stress_chart(curve: Curve, classes: int, images: int) -> Chart:
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
