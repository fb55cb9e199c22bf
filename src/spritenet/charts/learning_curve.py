"""learning_curve: a metric of training and validation against steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from spritenet.charts.chart import Chart, Line
from spritenet.charts.downsample import Thinned
from spritenet.errors import DataError
from spritenet.formatting import percent

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["learning_curve"]

FEW, MOST_DOTS = 12, 60
"""So few points always have dots; those of a sparser line than others, up to so many."""

Series = Mapping[str, "Thinned | tuple[ArrayLike, ArrayLike]"]


def learning_curve(
    metric: str, series: Series, *, x_label: str = "step", sampled: int = 1
) -> Chart:
    """A metric of a training against steps.

    A line of more than 400 points becomes means of equally many, with a band from the smallest to
    the largest; the note says so.

    Args:
        metric: its name; "accuracy" is shown in per cent.
        series: name → `Thinned`, or x and y, (n,) each. Empty ones are left out.
        x_label: of the x axis, with its unit.
        sampled: one of about this many steps is among the values; 1 for all.

    Raises:
        DataError: x and y of a series have different lengths or other axes.
    """
    fraction = metric.endswith("accuracy")
    thinned = {name: _thinned(name, values) for name, values in series.items()}
    most = max(map(len, thinned.values()), default=0)
    lines = tuple(
        _line(name, curve, colour, dots=len(curve) <= (FEW if len(curve) == most else MOST_DOTS))
        for colour, (name, curve) in enumerate(thinned.items())
        if len(curve)
    )
    each = max((curve.each for curve in thinned.values()), default=1)
    notes = [f"one of about {sampled:,} steps"] * (sampled > 1)
    notes += [f"means of {each:,} steps, and their range"] * (each > 1)
    last = ", ".join(
        f"{line.name} {percent(value) if fraction else f'{value:.3g}'}"
        for line in lines
        for value in np.asarray(line.y, np.float64)[-1:].tolist()
    )
    return Chart(
        lines,
        x_label=x_label,
        y_label=metric,
        from_zero=True,
        percent=fraction,
        note="; ".join(notes),
        description=f"{metric.capitalize()} by {x_label}. At the end: {last}.",
    )


def _thinned(name: str, values: Thinned | tuple[ArrayLike, ArrayLike]) -> Thinned:
    """Returns a series as a curve.

    Raises:
        DataError: x and y have different lengths or other axes.
    """
    if isinstance(values, Thinned):
        return values
    x, y = (np.asarray(each, np.float64) for each in values)
    if x.ndim != 1 or x.shape != y.shape:
        raise DataError(
            "x and y don't fit", where=name, expected="(n,) each", got=f"{x.shape} and {y.shape}"
        )
    return Thinned.of(x, y)


def _line(name: str, curve: Thinned, colour: int, *, dots: bool) -> Line:
    """A curve with the range of the values that each point is the mean of."""
    low, high = (curve.low, curve.high) if curve.each > 1 else (None, None)
    return Line(name, curve.x, curve.y, low, high, dots=dots, colour=colour)
