"""Accuracies: fractions of right predictions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from spritenet.arguments import count, number
from spritenet.errors import ModelError
from spritenet.metrics.base import MeanMetric, Metric
from spritenet.metrics.problem import ANSWERS, CLASSES, Kind, Problem
from spritenet.migration import accepts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.metrics.batch import MetricBatch

__all__ = [
    "Accuracy",
    "BalancedAccuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
]

TIES = 0.5
"""The threshold between no and yes."""


@accepts
@dataclass(eq=False)
class Accuracy(MeanMetric):
    """The fraction of outputs that equal their targets.

    In `compile` it means "accuracy", since the outputs of a network hardly equal anything.
    """

    def values(self, batch: MetricBatch) -> NDArray[np.float64]:
        """See `MeanMetric.values`."""
        wanted = batch.truth if batch.labels is None else batch.labels[:, np.newaxis]
        return np.asarray((batch.outputs == wanted).mean(axis=1))


@accepts
@dataclass(eq=False)
class BinaryAccuracy(MeanMetric):
    """The fraction of outputs on their target's side of a threshold.

    Args:
        threshold: outputs above it mean yes; 0.5 by default.
        name: in logs.
    """

    threshold: float = field(default=TIES, kw_only=True)
    takes: ClassVar[tuple[Kind, ...]] = (CLASSES, ANSWERS)

    def __post_init__(self) -> None:
        """See `Metric.__post_init__`."""
        super().__post_init__()
        self.threshold = number(self.threshold, "threshold", "BinaryAccuracy", least=0, most=1)

    def values(self, batch: MetricBatch) -> NDArray[np.float64]:
        """See `MeanMetric.values`."""
        yes = batch.predictions > np.float32(self.threshold)
        return np.asarray((yes == batch.truth).mean(axis=1))


@accepts
@dataclass(eq=False)
class CategoricalAccuracy(MeanMetric):
    """The fraction of images whose largest output is at their label or largest target."""

    takes: ClassVar[tuple[Kind, ...]] = (CLASSES,)

    def values(self, batch: MetricBatch) -> NDArray[np.float64]:
        """See `MeanMetric.values`."""
        return np.asarray(batch.predicted == batch.classes, np.float64)


@accepts
@dataclass(eq=False)
class SparseCategoricalAccuracy(CategoricalAccuracy):
    """The same as `CategoricalAccuracy`, which takes class indices, too."""


@accepts
@dataclass(eq=False)
class TopKCategoricalAccuracy(MeanMetric):
    """The fraction of images whose label is among the k largest outputs.

    Outputs equal to the k-th largest count as among them, as in Keras.

    Args:
        k: the number of outputs looked at; 5 by default.
        name: in logs.
    """

    k: int = 5
    takes: ClassVar[tuple[Kind, ...]] = (CLASSES,)

    def __post_init__(self) -> None:
        """See `Metric.__post_init__`."""
        super().__post_init__()
        self.k = count(self.k, "k", type(self).__name__)

    def check(self, problem: Problem) -> None:
        """See `Metric.check`."""
        super().check(problem)
        check_k(self.k, "k", problem.outputs, self.label)

    def values(self, batch: MetricBatch) -> NDArray[np.float64]:
        """See `MeanMetric.values`."""
        rows, place = batch.outputs, -self.k
        least = np.partition(rows, place, axis=1)[:, place]
        return np.asarray(rows[np.arange(len(rows)), batch.classes] >= least, np.float64)


@accepts
@dataclass(eq=False)
class SparseTopKCategoricalAccuracy(TopKCategoricalAccuracy):
    """The same as `TopKCategoricalAccuracy`, which takes class indices, too."""


@accepts
@dataclass(eq=False)
class BalancedAccuracy(Metric):
    """The mean recall of the classes that occur, as scikit-learn's `balanced_accuracy_score`.

    Each class counts the same, however many images it has; weights are those of images. A network
    with one output has two classes, no and yes, parted at 0.5.
    """

    takes: ClassVar[tuple[Kind, ...]] = (CLASSES, ANSWERS)

    def check(self, problem: Problem) -> None:
        """See `Metric.check`."""
        super().check(problem)
        if problem.kind == ANSWERS and problem.outputs > 1:
            raise ModelError(
                "an image may have several of the classes",
                where=self.label,
                expected="one class of several, or one output",
                do="Use f1_score or binary_accuracy.",
            )

    def size(self, outputs: int) -> int:
        """See `Metric.size`: right images of each class, and all of them."""
        return 2 * max(2, outputs)

    def sums(self, batch: MetricBatch) -> NDArray[np.float64]:
        """See `Metric.sums`."""
        classes = self.size(batch.outputs.shape[1]) // 2
        known, found = batch.classes, batch.predicted
        if batch.outputs.shape[1] == 1:
            known = (batch.truth[:, 0] > TIES).astype(np.int64)
            found = (batch.predictions[:, 0] > TIES).astype(np.int64)
        weights = batch.each(np.ones(len(batch)))
        right = np.bincount(known, weights * (known == found), minlength=classes)
        return np.concatenate([right, np.bincount(known, weights, minlength=classes)])

    def value(self, state: NDArray[np.float64]) -> float:
        """See `Metric.value`."""
        right, images = np.split(state, 2)
        there = images > 0
        return float((right[there] / images[there]).mean()) if there.any() else 0.0


def check_k(k: int, name: str, outputs: int, where: str) -> None:
    """Refuses to look at more outputs than there are.

    Raises:
        ModelError: k is larger.
    """
    if k > outputs:
        raise ModelError(
            f"{name} is larger than the number of classes",
            where=where,
            expected=f"1 to {outputs}",
            got=k,
        )
