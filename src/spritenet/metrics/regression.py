"""Errors of numbers: means of distances between outputs and targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from spritenet.arguments import count
from spritenet.errors import ModelError
from spritenet.metrics.base import MeanMetric, Metric, Value
from spritenet.migration import accepts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.metrics.batch import MetricBatch

    Array = NDArray[np.float64]

__all__ = [
    "CosineSimilarity",
    "LogCoshError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "R2Score",
    "RootMeanSquaredError",
]

EPSILON = 1e-7
"""Keras's, below which nothing is divided by or has its logarithm taken."""


@dataclass(eq=False)
class _Error(MeanMetric):
    """A mean over images and outputs; smaller is better."""

    direction: ClassVar[str] = "down"

    def each_output(self, t: Array, y: Array) -> Array:
        """Returns the error of each output, (n, k), of targets and outputs (n, k)."""
        raise NotImplementedError

    def values(self, batch: MetricBatch) -> Array:
        """See `MeanMetric.values`."""
        found = self.each_output(batch.truth, batch.predictions.astype(np.float64))
        return np.asarray(found.mean(axis=1))


@accepts
@dataclass(eq=False)
class MeanSquaredError(_Error):
    """The mean of (t - y)²."""

    def each_output(self, t: Array, y: Array) -> Array:
        """See the class."""
        return (t - y) ** 2


@accepts
@dataclass(eq=False)
class RootMeanSquaredError(MeanSquaredError):
    """The square root of the mean of (t - y)²: in the unit of the targets."""

    def value(self, state: Array) -> float:
        """See `Metric.value`."""
        return float(np.sqrt(super().value(state)))


@accepts
@dataclass(eq=False)
class MeanAbsoluteError(_Error):
    """The mean of abs(t - y): in the unit of the targets."""

    def each_output(self, t: Array, y: Array) -> Array:
        """See the class."""
        return np.abs(t - y)


@accepts
@dataclass(eq=False)
class MeanAbsolutePercentageError(_Error):
    """100 times the mean of abs(t - y) / abs(t)."""

    def each_output(self, t: Array, y: Array) -> Array:
        """See the class."""
        return 100 * np.abs(t - y) / np.maximum(np.abs(t), EPSILON)


@accepts
@dataclass(eq=False)
class MeanSquaredLogarithmicError(_Error):
    """The mean of (log(1 + t) - log(1 + y))²; numbers below 0 count as 0."""

    def each_output(self, t: Array, y: Array) -> Array:
        """See the class."""
        return np.asarray(
            (np.log1p(np.maximum(t, EPSILON)) - np.log1p(np.maximum(y, EPSILON))) ** 2
        )


@accepts
@dataclass(eq=False)
class LogCoshError(_Error):
    """The mean of log(cosh(y - t)): a squared error near 0, an absolute one far away."""

    name: str | None = field(default="logcosh", kw_only=True)

    def each_output(self, t: Array, y: Array) -> Array:
        """See the class."""
        return np.asarray(np.logaddexp(y - t, t - y) - np.log(2))


@accepts
@dataclass(eq=False)
class CosineSimilarity(MeanMetric):
    """The mean cosine of the angle between outputs and targets: 1 where they point the same way."""

    def values(self, batch: MetricBatch) -> Array:
        """See `MeanMetric.values`."""
        y = batch.predictions.astype(np.float64)
        return np.asarray((_unit(batch.truth) * _unit(y)).sum(axis=1))


def _unit(rows: Array) -> Array:
    """Returns rows of length 1; rows of zeros stay."""
    lengths = np.sqrt(np.maximum((rows**2).sum(axis=1, keepdims=True), EPSILON**2))
    return np.asarray(rows / lengths)


@accepts
@dataclass(eq=False)
class R2Score(Metric):
    """The coefficient of determination: 1 for perfect outputs, 0 for those of the mean target.

    Args:
        class_aggregation: "uniform_average" is the mean over the outputs,
            "variance_weighted_average" weighs them by the variance of their targets, None gives a
            value for each.
        num_regressors: for the adjusted score, the number of independent inputs; 0 for the plain
            score.
        name: in logs.
    """

    class_aggregation: Literal["uniform_average", "variance_weighted_average"] | None = (
        "uniform_average"
    )
    num_regressors: int = 0

    def __post_init__(self) -> None:
        """See `Metric.__post_init__`."""
        super().__post_init__()
        words = (None, "uniform_average", "variance_weighted_average")
        if self.class_aggregation not in words:
            raise ModelError(
                "unknown class_aggregation",
                where="R2Score",
                expected="one of " + ", ".join(map(str, words)),
                got=repr(self.class_aggregation),
            )
        self.num_regressors = count(self.num_regressors, "num_regressors", "R2Score", least=0)

    def size(self, outputs: int) -> int:
        """See `Metric.size`: weights, targets, their squares and squared errors; then numbers."""
        return 4 * outputs + 1

    def sums(self, batch: MetricBatch) -> Array:
        """See `Metric.sums`."""
        t, y = batch.truth, batch.predictions.astype(np.float64)
        parts = (np.ones(t.shape), t, t**2, (t - y) ** 2)
        made = [batch.each(np.asarray(part)).sum(axis=0) for part in parts]
        return np.concatenate([*made, [float(t.size)]])

    def value(self, state: Array) -> Value:
        """See `Metric.value`: 0 where it is undefined."""
        weights, sums, squares, errors = np.split(state[:-1], 4)
        total = squares - sums * np.divide(
            sums, weights, out=np.zeros_like(sums), where=weights > 0
        )
        scores = np.where(
            total > 0, 1 - np.divide(errors, total, out=np.ones_like(errors), where=total > 0), 0
        )
        if self.class_aggregation is None:
            return [self._adjusted(float(score), state[-1]) for score in scores]
        if self.class_aggregation == "uniform_average":
            return self._adjusted(float(scores.mean()), state[-1])
        whole = float(total.sum())
        return self._adjusted(float((total * scores).sum() / whole) if whole else 0.0, state[-1])

    def _adjusted(self, score: float, numbers: float) -> float:
        """Returns the score adjusted for the number of regressors, if there are enough images."""
        left = numbers - self.num_regressors - 1
        if not self.num_regressors or left <= 0:
            return score
        return float(1 - (1 - score) * (numbers - 1) / left)
