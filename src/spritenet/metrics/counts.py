"""Counts of right and wrong answers at thresholds, and the precision and recall they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from spritenet.arguments import count, number
from spritenet.errors import ModelError
from spritenet.metrics.accuracies import check_k
from spritenet.metrics.base import Metric, Value
from spritenet.metrics.problem import ANSWERS, CLASSES, Kind, Problem
from spritenet.migration import accepts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.metrics.batch import MetricBatch

    Array = NDArray[np.float64]

__all__ = [
    "Counts",
    "FalseNegatives",
    "FalsePositives",
    "Precision",
    "Recall",
    "Thresholds",
    "TrueNegatives",
    "TruePositives",
    "ratio",
]

TINY = 1e-7
"""Keras's epsilon."""

EVEN_FROM = 3
"""So many thresholds may be evenly distributed."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Weighted numbers of answers, float64 (thresholds,) or (thresholds, k).

    Attributes:
        true_positives: yes, and more than the threshold.
        false_positives: no, and more than the threshold.
        positives: all that are yes.
        negatives: all that are no.
    """

    true_positives: Array
    false_positives: Array
    positives: Array
    negatives: Array

    @property
    def true_negatives(self) -> Array:
        """No, and not more than the threshold."""
        return self.negatives - self.false_positives

    @property
    def false_negatives(self) -> Array:
        """Yes, and not more than the threshold."""
        return self.positives - self.true_positives


class Thresholds:
    """Thresholds that outputs are compared with, float32 as the outputs are.

    Where they are evenly distributed, an output's place among them follows from a product, as in
    Keras, so that rounding falls on the same side.

    Args:
        values: in any order.
        margins: the first is below 0 and the last above 1: all outputs lie between.
        even: they are evenly distributed; None to find out.

    Attributes:
        even: they are evenly distributed from 0 to 1.
    """

    def __init__(
        self, values: Sequence[float], *, margins: bool = False, even: bool | None = None
    ) -> None:
        given = np.asarray(values, np.float64)
        self._order = np.argsort(given, kind="stable")
        self._sorted = given[self._order].astype(np.float32)
        self._margins = margins
        size = len(given)
        steps = np.arange(size) / max(1, size - 1)
        near = size >= EVEN_FROM and bool(np.allclose(given, steps, atol=TINY))
        self.even = near if even is None else even

    def __len__(self) -> int:
        """The number of thresholds."""
        return len(self._sorted)

    def counts(self, yes: NDArray[np.bool_], outputs: NDArray[np.float32], weights: Array) -> Array:
        """Returns true and false positives at each threshold, then positives and negatives.

        Args:
            yes: what is right, (m,).
            outputs: (m,).
            weights: (m,).

        Returns:
            float64 (2 · thresholds + 2,).
        """
        size = len(self)
        if self.even:
            below = np.ceil(np.clip(outputs, 0, 1) * np.float32(size - 1)).astype(np.int64)
            below = np.maximum(below, int(self._margins))
        else:
            below = np.searchsorted(self._sorted, outputs, side="left")
        made = np.empty(2 * size + 2)
        for number_, part in enumerate((yes, ~yes)):
            ended = np.bincount(below[part], weights[part], minlength=size + 1)
            above = np.cumsum(ended[::-1])[::-1]  # the answers above at least so many thresholds
            made[number_ * size + self._order] = above[1:]
            made[2 * size + number_] = above[0]
        return made

    def split(self, state: Array, labels: int = 1) -> Counts:
        """Returns the counts in the sums of `counts`, of one label or of several in a row."""
        size = len(self)
        rows = state.reshape(labels, -1).T
        parts = (rows[:size], rows[size:-2], rows[-2:-1], rows[-1:])
        return Counts(*(part[:, 0] if labels == 1 else part for part in parts))


@dataclass(eq=False)
class ThresholdMetric(Metric):
    """A metric of the counts at thresholds, over all outputs or over one of them."""

    takes: ClassVar[tuple[Kind, ...]] = (CLASSES, ANSWERS)

    def _compare_with(self, thresholds: Thresholds) -> None:
        """Sets the thresholds."""
        self._thresholds = thresholds

    def size(self, outputs: int) -> int:
        """See `Metric.size`."""
        del outputs
        return 2 * len(self._thresholds) + 2

    def sums(self, batch: MetricBatch) -> Array:
        """See `Metric.sums`."""
        yes, outputs = batch.truth != 0, self._outputs(batch)
        class_id: int | None = getattr(self, "class_id", None)
        if class_id is not None:
            yes, outputs = yes[:, class_id, np.newaxis], outputs[:, class_id, np.newaxis]
        weights = batch.each(np.ones(outputs.shape))
        return self._thresholds.counts(yes.ravel(), outputs.ravel(), weights.ravel())

    def _outputs(self, batch: MetricBatch) -> NDArray[np.float32]:
        """Returns the values compared with the thresholds, (n, k)."""
        return batch.predictions

    def check(self, problem: Problem) -> None:
        """See `Metric.check`."""
        super().check(problem)
        check_class(getattr(self, "class_id", None), problem.outputs, self.label)


@dataclass(eq=False)
class _Count(ThresholdMetric):
    """A weighted number of answers at each threshold."""

    thresholds: float | Sequence[float] | None = None

    def __post_init__(self) -> None:
        """See `Metric.__post_init__`."""
        super().__post_init__()
        self._compare_with(_parsed(self.thresholds, 0.5, type(self).__name__))

    def value(self, state: Array) -> Value:
        """See `Metric.value`."""
        name = _COUNTED[type(self)]
        return single(getattr(self._thresholds.split(state), name))


@accepts
@dataclass(eq=False)
class TruePositives(_Count):
    """The number of answers that are yes, and are said to be.

    Args:
        thresholds: outputs above it mean yes; several give a value each; 0.5 by default.
        name: in logs.
    """

    direction: ClassVar[str] = "up"


@accepts
@dataclass(eq=False)
class TrueNegatives(_Count):
    """The number of answers that are no, and are said to be; arguments of `TruePositives`."""

    direction: ClassVar[str] = "up"


@accepts
@dataclass(eq=False)
class FalsePositives(_Count):
    """The number of answers that are no, and said to be yes; arguments of `TruePositives`."""

    direction: ClassVar[str] = "down"


@accepts
@dataclass(eq=False)
class FalseNegatives(_Count):
    """The number of answers that are yes, and said to be no; arguments of `TruePositives`."""

    direction: ClassVar[str] = "down"


_COUNTED: dict[type[_Count], str] = {
    TruePositives: "true_positives",
    TrueNegatives: "true_negatives",
    FalsePositives: "false_positives",
    FalseNegatives: "false_negatives",
}
"""The count of each class."""

LEAST = -1e10
"""Keras's value for outputs that are not among the largest: below any threshold."""


@dataclass(eq=False)
class _Ratio(ThresholdMetric):
    """Precision or recall: a ratio of counts."""

    thresholds: float | Sequence[float] | None = None
    top_k: int | None = None
    class_id: int | None = None

    def __post_init__(self) -> None:
        """See `Metric.__post_init__`."""
        super().__post_init__()
        where = type(self).__name__
        if self.top_k is not None:
            self.top_k = count(self.top_k, "top_k", where)
        if self.class_id is not None:
            self.class_id = count(self.class_id, "class_id", where, least=0)
        self._compare_with(_parsed(self.thresholds, LEAST if self.top_k else 0.5, where))

    def check(self, problem: Problem) -> None:
        """See `Metric.check`."""
        super().check(problem)
        if self.top_k is not None:
            check_k(self.top_k, "top_k", problem.outputs, self.label)

    def _outputs(self, batch: MetricBatch) -> NDArray[np.float32]:
        """Returns the outputs, those beyond the `top_k` largest of each image at the bottom."""
        if self.top_k is None:
            return batch.predictions
        largest = np.argsort(-batch.predictions, axis=1, kind="stable")[:, : self.top_k]
        made = np.full(batch.predictions.shape, LEAST, np.float32)
        np.put_along_axis(made, largest, np.take_along_axis(batch.predictions, largest, 1), 1)
        return made


@accepts
@dataclass(eq=False)
class Precision(_Ratio):
    """Of the answers said to be yes, the fraction that is; 0 where there are none.

    With several classes every output is an answer, right for the image's own class. `class_id`
    looks at one class alone, `top_k` takes the largest outputs in place of those above 0.5.

    Args:
        thresholds: outputs above it mean yes; several give a value each.
        top_k: only the k largest outputs of an image may mean yes.
        class_id: the class that is looked at; None for all.
        name: in logs.
    """

    def value(self, state: Array) -> Value:
        """See `Metric.value`."""
        found = self._thresholds.split(state)
        said = found.true_positives + found.false_positives
        return single(ratio(found.true_positives, said))


@accepts
@dataclass(eq=False)
class Recall(_Ratio):
    """Of the answers that are yes, the fraction said to be; 0 where there are none.

    Args:
        thresholds: outputs above it mean yes; several give a value each.
        top_k: only the k largest outputs of an image may mean yes.
        class_id: the class that is looked at; None for all.
        name: in logs.
    """

    def value(self, state: Array) -> Value:
        """See `Metric.value`."""
        found = self._thresholds.split(state)
        return single(ratio(found.true_positives, found.positives))


def ratio(part: Array, whole: Array) -> Array:
    """Returns part / whole, 0 where whole is 0."""
    whole = np.broadcast_to(whole, part.shape)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)


def single(values: Array) -> Value:
    """Returns the only value as a number, or all of them."""
    return float(values[0]) if len(values) == 1 else [float(each) for each in values]


def check_class(class_id: int | None, outputs: int, where: str) -> None:
    """Refuses a class that no output stands for.

    Raises:
        ModelError: it is out of range.
    """
    if class_id is not None and class_id >= outputs:
        raise ModelError(
            "class_id is out of range", where=where, expected=f"0 … {outputs - 1}", got=class_id
        )


def _parsed(given: float | Sequence[float] | None, default: float, where: str) -> Thresholds:
    """Returns the thresholds of an argument.

    Raises:
        ModelError: one is outside 0 to 1.
    """
    if given is None:
        return Thresholds([default])
    several = given if isinstance(given, Sequence | np.ndarray) else [given]
    values = [number(each, "threshold", where, least=0, most=1) for each in several]
    if not values:
        raise ModelError("missing thresholds", where=where, expected="at least one", got="none")
    return Thresholds(values)
