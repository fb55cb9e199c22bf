"""F scores: means of precision and recall, of each class or over all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from spritenet.arguments import choice, number
from spritenet.metrics.base import Metric, Value
from spritenet.metrics.problem import ANSWERS, CLASSES, Kind
from spritenet.migration import accepts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.metrics.batch import MetricBatch

    Array = NDArray[np.float64]

__all__ = ["F1Score", "FBetaScore"]

Average = Literal["micro", "macro", "weighted"]

AVERAGES = ("micro", "macro", "weighted")

EPSILON = 1e-7
"""Keras's, added to what is divided by."""

NOTHING = 1e-9
"""Outputs this small are not taken for the largest, as in Keras."""


@dataclass(eq=False)
class _FScore(Metric):
    """An F score of the arguments `average`, `beta` and `threshold`."""

    takes: ClassVar[tuple[Kind, ...]] = (CLASSES, ANSWERS)

    average: Average | None
    beta: float
    threshold: float | None

    def __post_init__(self) -> None:
        """See `Metric.__post_init__`."""
        super().__post_init__()
        where = type(self).__name__
        if self.average is not None:
            choice(self.average, "average", where, AVERAGES)
        self.beta = number(self.beta, "beta", where, least=float(np.finfo(np.float32).tiny))
        if self.threshold is not None:
            self.threshold = number(self.threshold, "threshold", where, least=EPSILON, most=1)

    def size(self, outputs: int) -> int:
        """See `Metric.size`: true positives, false positives and positives of each class."""
        return 3 * outputs

    def sums(self, batch: MetricBatch) -> Array:
        """See `Metric.sums`."""
        rows, truth = batch.predictions, batch.truth
        if self.threshold is not None:
            yes = rows > np.float32(self.threshold)
        elif rows.shape[1] == 1:
            yes = rows > np.float32(0.5)
        else:
            yes = (rows >= rows.max(axis=1, keepdims=True)) & (np.abs(rows) > NOTHING)
        parts = (yes * truth, yes * (1 - truth), truth)
        return np.concatenate([batch.each(np.asarray(part)).sum(axis=0) for part in parts])

    def value(self, state: Array) -> Value:
        """See `Metric.value`."""
        right, wrong, there = np.split(state, 3)
        if self.average == "micro":
            right, wrong, there = (part.sum(keepdims=True) for part in (right, wrong, there))
        precision = right / (right + wrong + EPSILON)
        recall = right / (there + EPSILON)
        square = self.beta**2
        scores = precision * recall / (square * precision + recall + EPSILON) * (1 + square)
        if self.average is None:
            return [float(score) for score in scores]
        if self.average == "weighted":
            return float((scores * (there / (there.sum() + EPSILON))).sum())
        return float(scores.mean())


@accepts
@dataclass(eq=False)
class FBetaScore(_FScore):
    """(1 + beta²) · precision · recall / (beta² · precision + recall), as Keras computes it.

    Args:
        average: None gives a value for each class; "macro" their mean; "weighted" the mean over
            the images; "micro" that of all answers together.
        beta: recall counts so many times as much as precision.
        threshold: outputs above it mean yes; None takes the largest output of each image, and of a
            network with one output those above 0.5.
        name: in logs.
    """

    average: Average | None = None
    beta: float = 1.0
    threshold: float | None = None

    def __post_init__(self) -> None:
        """See `Metric.__post_init__`."""
        self.name = self.name or "fbeta_score"
        super().__post_init__()


@accepts
@dataclass(eq=False, init=False)
class F1Score(_FScore):
    """The harmonic mean of precision and recall, `FBetaScore` with beta 1.

    By name, "f1_score" in `compile` means the macro average, which callbacks can monitor.

    Args:
        average: None gives a value for each class; "macro" their mean; "weighted" the mean over
            the images; "micro" that of all answers together.
        threshold: outputs above it mean yes; None takes the largest output of each image, and of a
            network with one output those above 0.5.
        name: in logs.
    """

    def __init__(
        self,
        average: Average | None = None,
        threshold: float | None = None,
        name: str | None = None,
    ) -> None:
        self.average, self.beta, self.threshold, self.name = average, 1.0, threshold, name
        self.__post_init__()

    def config(self) -> dict[str, object]:
        """See `Metric.config`."""
        found = super().config()
        own = found["config"]
        assert isinstance(own, dict)  # noqa: S101 - it was just made
        return {**found, "config": {k: v for k, v in own.items() if k != "beta"}}
