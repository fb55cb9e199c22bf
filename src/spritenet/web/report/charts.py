"""The charts of a report, as SVG."""

from __future__ import annotations

import numpy as np

from spritenet.formatting import percent, signed
from spritenet.metrics import Calibration
from spritenet.report import Curve, Learning
from spritenet.svg import Bars, Line, Thinned, chart

__all__ = ["calibration_chart", "confidence_chart", "learning_charts", "stress_chart"]


def learning_charts(learning: Learning) -> list[tuple[str, str, str]]:
    """(title, chart, what a point is) for loss and accuracy, where there are steps."""
    tests = learning.evaluations
    made = []
    for what, curve in (("loss", learning.loss), ("accuracy", learning.accuracy)):
        if not len(curve) and not tests:
            continue
        lines = [_training(curve)] if len(curve) else []
        if tests:
            figures = [getattr(test, what) for test in tests]
            few = len(tests) <= 60
            lines.append(
                Line("held out", [test.step for test in tests], figures, dots=few, colour=1)
            )
        share = what == "accuracy"
        last = ", ".join(
            f"{line.name} {percent(_last(line)) if share else f'{_last(line):.3g}'}"
            for line in lines
        )
        drawn = chart(
            lines,
            label=f"{what} against steps; at the end {last}.",
            x_label="step",
            y_label=what,
            percent=share,
            size=(400, 250),
        )
        made.append((what, drawn, _said(learning, curve, last)))
    return made


def _training(curve: Thinned) -> Line:
    """The curve of the batches, with the range of what each point stands for."""
    low, high = (curve.low, curve.high) if curve.each > 1 else (None, None)
    return Line("training batches", curve.x, curve.y, low, high, colour=0)


def _last(line: Line) -> float:
    return float(np.asarray(line.y, np.float64)[-1])


def _said(learning: Learning, curve: Thinned, last: str) -> str:
    """What a point is, so that no smoothing goes unsaid."""
    each = f"A point is the mean of {curve.each:,} steps, the band their range. "
    some = f"Of this long training, one of about {learning.sampled:,} steps was read. "
    return (
        (some if learning.sampled > 1 else "")
        + (each if curve.each > 1 else "")
        + f"At the end: {last}."
    )


def calibration_chart(bins: Calibration) -> str:
    """Accuracy against confidence."""
    there = bins.count > 0
    lines = [
        Line("as sure as right", [0, 1], [0, 1], dashed=True),
        Line("this model", bins.confidence[there], bins.accuracy[there], dots=True, colour=0),
    ]
    return chart(
        lines,
        label=f"Accuracy against confidence; expected calibration error {percent(bins.error)}.",
        x_label="confidence (largest probability)",
        y_label="accuracy",
        x_range=(0, 1),
        y_range=(0, 1),
        percent=True,
        size=(400, 290),
    )


def confidence_chart(bins: Calibration) -> str:
    """How many images there are at each confidence."""
    return chart(
        [Bars("", bins.edges, bins.count)],
        label=f"How many images each confidence has; {int(bins.count[-1]):,} in the last bin.",
        x_label="confidence (largest probability)",
        y_label="images",
        x_range=(0, 1),
        size=(400, 290),
    )


def stress_chart(curve: Curve, classes: int) -> str:
    """Accuracy against how much the images are changed."""
    usual = curve.accuracy[curve.levels.index(0)]
    levels = curve.levels
    worst = min(curve.accuracy)
    lines = [
        Line("guessing", [levels[0], levels[-1]], [1 / classes, 1 / classes], dashed=True),
        Line("accuracy", levels, curve.accuracy, curve.low, curve.high, dots=True, colour=0),
    ]
    label = (
        f"Accuracy under {curve.name}: {percent(usual)} unchanged, {percent(worst)} at the worst, "
        f"from {signed(levels[0])} to {signed(levels[-1])} {curve.unit}."
    )
    return chart(
        lines,
        label=label,
        x_label=f"{curve.name} ({curve.unit})",
        y_label="accuracy",
        x_range=(levels[0], levels[-1]),
        y_range=(0, 1),
        percent=True,
        marked=0,
        size=(360, 230),
    )
