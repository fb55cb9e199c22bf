"""Losses as metrics: means of cross-entropies, divergences and hinges, without regularization."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from spritenet.arguments import flag, number
from spritenet.metrics.base import MeanMetric
from spritenet.metrics.problem import ANSWERS, CLASSES, Kind
from spritenet.migration import accepts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.metrics.batch import MetricBatch

    Array = NDArray[np.float64]

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "Hinge",
    "KLDivergence",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
]

EPSILON = 1e-7
"""Keras's: probabilities are at least this."""

MOST = float(np.float32(1 - EPSILON))
"""And at most this, in float32."""


@dataclass(eq=False)
class _LossMetric(MeanMetric):
    """A mean of losses; smaller is better."""

    direction: ClassVar[str] = "down"


@dataclass(eq=False)
class _Crossentropy(_LossMetric):
    """A cross-entropy of probabilities or logits."""

    from_logits: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        """See `Metric.__post_init__`."""
        super().__post_init__()
        flag(self.from_logits, "from_logits", type(self).__name__)

    def _logits(self, batch: MetricBatch) -> Array | None:
        """Returns the outputs, (n, k), if they are logits."""
        if self.from_logits or batch.logits:
            return np.asarray(batch.outputs.astype(np.float64))
        return None

    def _logarithms(self, batch: MetricBatch) -> Array:
        """Returns the logarithm of each class's probability, (n, k)."""
        rows = self._logits(batch)
        if rows is not None:
            rows = rows - rows.max(axis=1, keepdims=True)
            return np.asarray(rows - np.log(np.exp(rows).sum(axis=1, keepdims=True)))
        rows = batch.outputs.astype(np.float64)
        rows = rows / np.maximum(rows.sum(axis=1, keepdims=True), EPSILON)
        return np.asarray(np.log(np.clip(rows, EPSILON, MOST)))


@accepts
@dataclass(eq=False)
class BinaryCrossentropy(_Crossentropy):
    """The mean of -t log(y) - (1 - t) log(1 - y) over images and outputs.

    Args:
        from_logits: True if the outputs are logits; one of a loss from logits is known already.
        label_smoothing: draws targets towards 1/2 by this fraction.
        name: in logs.
    """

    takes: ClassVar[tuple[Kind, ...]] = (CLASSES, ANSWERS)

    label_smoothing: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        """See `Metric.__post_init__`."""
        super().__post_init__()
        number(self.label_smoothing, "label_smoothing", type(self).__name__, least=0, below=1)

    def values(self, batch: MetricBatch) -> Array:
        """See `MeanMetric.values`."""
        t = batch.truth * (1 - self.label_smoothing) + self.label_smoothing / 2
        z = self._logits(batch)
        if z is not None:
            return np.asarray((np.logaddexp(0, z) - t * z).mean(axis=1))
        y = np.clip(batch.outputs.astype(np.float64), EPSILON, MOST)
        return np.asarray(-(t * np.log(y) + (1 - t) * np.log1p(-y)).mean(axis=1))


@accepts
@dataclass(eq=False)
class CategoricalCrossentropy(_Crossentropy):
    """The mean of -Σ t log(y).

    Args:
        from_logits: True if the outputs are logits; one of a loss from logits is known already.
        label_smoothing: draws targets towards 1 / k by this fraction.
        name: in logs.
    """

    takes: ClassVar[tuple[Kind, ...]] = (CLASSES,)

    label_smoothing: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        """See `Metric.__post_init__`."""
        super().__post_init__()
        number(self.label_smoothing, "label_smoothing", type(self).__name__, least=0, below=1)

    def values(self, batch: MetricBatch) -> Array:
        """See `MeanMetric.values`."""
        t = batch.truth
        t = t * (1 - self.label_smoothing) + self.label_smoothing / t.shape[1]
        return np.asarray(-(t * self._logarithms(batch)).sum(axis=1))


@accepts
@dataclass(eq=False)
class SparseCategoricalCrossentropy(_Crossentropy):
    """The mean of -log(the probability of the label).

    Args:
        from_logits: True if the outputs are logits; one of a loss from logits is known already.
        name: in logs.
    """

    takes: ClassVar[tuple[Kind, ...]] = (CLASSES,)

    def values(self, batch: MetricBatch) -> Array:
        """See `MeanMetric.values`."""
        rows = self._logarithms(batch)
        return np.asarray(-rows[np.arange(len(rows)), batch.classes])


@accepts
@dataclass(eq=False)
class KLDivergence(_LossMetric):
    """The mean of Σ t log(t / y), with t and y from 1e-7 to 1."""

    takes: ClassVar[tuple[Kind, ...]] = (CLASSES, ANSWERS)

    def values(self, batch: MetricBatch) -> Array:
        """See `MeanMetric.values`."""
        t = np.clip(batch.truth, EPSILON, 1)
        y = np.clip(batch.predictions.astype(np.float64), EPSILON, 1)
        return np.asarray((t * np.log(t / y)).sum(axis=1))


@accepts
@dataclass(eq=False)
class Poisson(_LossMetric):
    """The mean of y - t log(y), for counts."""

    def values(self, batch: MetricBatch) -> Array:
        """See `MeanMetric.values`."""
        y = batch.predictions.astype(np.float64)
        return np.asarray((y - batch.truth * np.log(np.maximum(y + EPSILON, EPSILON))).mean(axis=1))


@accepts
@dataclass(eq=False)
class Hinge(_LossMetric):
    """The mean of max(0, 1 - t y), with targets -1 and 1; 0 counts as -1 where all are 0 or 1."""

    def values(self, batch: MetricBatch) -> Array:
        """See `MeanMetric.values`."""
        return np.asarray(_margins(batch).mean(axis=1))


@accepts
@dataclass(eq=False)
class SquaredHinge(_LossMetric):
    """The mean of max(0, 1 - t y)², with targets as in `Hinge`."""

    def values(self, batch: MetricBatch) -> Array:
        """See `MeanMetric.values`."""
        return np.asarray((_margins(batch) ** 2).mean(axis=1))


@accepts
@dataclass(eq=False)
class CategoricalHinge(_LossMetric):
    """The mean of max(0, 1 + max((1 - t) y) - Σ t y)."""

    takes: ClassVar[tuple[Kind, ...]] = (CLASSES,)

    def values(self, batch: MetricBatch) -> Array:
        """See `MeanMetric.values`."""
        y, t = batch.outputs.astype(np.float64), batch.truth
        others = ((1 - t) * y).max(axis=1)
        return np.asarray(np.maximum(0, 1 + others - (t * y).sum(axis=1)))


def _margins(batch: MetricBatch) -> Array:
    """Returns max(0, 1 - t y) of each output, (n, k)."""
    t = batch.truth
    if ((t == 0) | (t == 1)).all():
        t = 2 * t - 1
    return np.maximum(0, 1 - t * batch.outputs.astype(np.float64))
