"""Curves over thresholds: the area under them, and a point on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from spritenet.arguments import count, flag, number, several
from spritenet.errors import ModelError
from spritenet.metrics.batch import activated
from spritenet.metrics.counts import Counts, ThresholdMetric, Thresholds, ratio
from spritenet.migration import accepts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.metrics.batch import MetricBatch
    from spritenet.metrics.problem import Problem

    Array = NDArray[np.float64]

__all__ = [
    "AUC",
    "PrecisionAtRecall",
    "RecallAtPrecision",
    "SensitivityAtSpecificity",
    "SpecificityAtSensitivity",
]

THRESHOLDS = 200
"""Keras's number of thresholds."""

TINY = 1e-7
"""Keras's epsilon: the first and the last threshold are so far beyond 0 and 1."""

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "minoring", "majoring")


@accepts
@dataclass(eq=False)
class AUC(ThresholdMetric):
    """The area under a curve through points at thresholds, as in Keras.

    200 thresholds bound the memory: the value is that of the exact curve to about 1/200.

    Args:
        num_thresholds: the number of thresholds, evenly distributed; 200 by default.
        curve: "ROC": recall against the false positive rate; "PR": precision against recall;
            "PRGAIN": precision gain against recall gain.
        summation_method: "interpolation", "minoring" or "majoring": the height between points.
        thresholds: in place of the evenly distributed ones, between 0 and 1.
        multi_label: True takes a curve for each output, and the mean of the areas.
        num_labels: taken as in Keras; the network says how many outputs there are.
        label_weights: a factor for each output.
        from_logits: True if the outputs are logits of yes or no.
        name: in logs.
    """

    num_thresholds: int = THRESHOLDS
    curve: Literal["ROC", "PR", "PRGAIN"] = "ROC"
    summation_method: Literal["interpolation", "minoring", "majoring"] = "interpolation"
    thresholds: Sequence[float] | None = field(default=None, kw_only=True)
    multi_label: bool = field(default=False, kw_only=True)
    num_labels: int | None = field(default=None, kw_only=True)
    label_weights: Sequence[float] | None = field(default=None, kw_only=True)
    from_logits: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        """See `Metric.__post_init__`."""
        super().__post_init__()
        for name, choices in (("curve", CURVES), ("summation_method", SUMMATIONS)):
            given = getattr(self, name)
            found = [each for each in choices if str(given).lower() == each.lower()]
            if not found:
                expected = "one of " + ", ".join(choices)
                raise ModelError(f"unknown {name}", where="AUC", expected=expected, got=repr(given))
            setattr(self, name, found[0])
        flag(self.multi_label, "multi_label", "AUC")
        if self.num_labels is not None:
            count(self.num_labels, "num_labels", "AUC")
        flag(self.from_logits, "from_logits", "AUC")
        inner = [place / (self._number() - 1) for place in range(1, self._number() - 1)]
        if self.thresholds is not None:
            inner = sorted(
                number(each, "threshold", "AUC", above=0, below=1)
                for each in several(self.thresholds)
            )
            self.num_thresholds = len(inner) + 2
        even = self.thresholds is None or Thresholds([0, *inner, 1]).even
        ends = [0 - TINY, *inner, 1 + TINY]
        self._compare_with(Thresholds(ends, margins=True, even=even))
        if self.label_weights is not None:
            self.label_weights = [
                number(each, "label_weights", "AUC", least=0)
                for each in several(self.label_weights)
            ]

    def _number(self) -> int:
        """Returns the number of thresholds.

        Raises:
            ModelError: there are fewer than two.
        """
        self.num_thresholds = count(self.num_thresholds, "num_thresholds", "AUC", least=2)
        return self.num_thresholds

    def check(self, problem: Problem) -> None:
        """See `Metric.check`."""
        super().check(problem)
        for name, length in (
            ("num_labels", self.num_labels),
            ("label_weights", None if self.label_weights is None else len(self.label_weights)),
        ):
            if length is not None and length != problem.outputs:
                raise ModelError(
                    f"{name} doesn't fit the outputs",
                    where=self.label,
                    expected=problem.outputs,
                    got=length,
                )

    def size(self, outputs: int) -> int:
        """See `Metric.size`."""
        return super().size(outputs) * (outputs if self.multi_label else 1)

    def _outputs(self, batch: MetricBatch) -> NDArray[np.float32]:
        """See `ThresholdMetric`."""
        if self.from_logits and not batch.logits:
            return activated(batch.outputs, "sigmoid").astype(np.float32)
        return batch.predictions

    def sums(self, batch: MetricBatch) -> Array:
        """See `Metric.sums`."""
        if not self.multi_label and self.label_weights is None:
            return super().sums(batch)
        yes, outputs = batch.truth != 0, self._outputs(batch)
        weights = batch.each(np.ones(outputs.shape))
        if not self.multi_label:
            weights = weights * np.asarray(self.label_weights)
            return self._thresholds.counts(yes.ravel(), outputs.ravel(), weights.ravel())
        columns = zip(yes.T, outputs.T, weights.T, strict=True)
        return np.concatenate([self._thresholds.counts(*column) for column in columns])

    def value(self, state: Array) -> float:
        """See `Metric.value`."""
        labels = len(state) // (2 * len(self._thresholds) + 2)
        found = self._thresholds.split(state, labels)
        areas = self._areas(found).reshape(-1)
        if labels == 1 or self.label_weights is None:
            return float(areas.mean())
        weights = np.asarray(self.label_weights)
        return float(areas @ weights / weights.sum()) if weights.any() else 0.0

    def _areas(self, found: Counts) -> Array:
        """Returns the area under each label's curve."""
        if self.curve == "PR" and self.summation_method == "interpolation":
            return np.asarray(_precision_recall_area(found))
        x, y = self._points(found)
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2
        elif self.summation_method == "minoring":
            heights = np.minimum(y[:-1], y[1:])
        else:
            heights = np.maximum(y[:-1], y[1:])
        return np.asarray(((x[:-1] - x[1:]) * heights).sum(axis=0))

    def _points(self, found: Counts) -> tuple[Array, Array]:
        """Returns x and y of the curve at each threshold."""
        right, wrong = found.true_positives, found.false_positives
        recall = ratio(right, found.positives)
        if self.curve == "ROC":
            return ratio(wrong, found.negatives), recall
        if self.curve == "PR":
            return recall, ratio(right, right + wrong)
        # Flach and Kull, Precision-Recall-Gain curves, 2015; Keras's values where they diverge.
        scale = ratio(found.positives, found.negatives)
        missed, some = found.false_negatives, right != 0
        recall_gain = np.where(some, 1 - scale * ratio(missed, right), 0)
        precision_gain = np.where(some, 1 - scale * ratio(wrong, right), 1)
        return np.maximum(recall_gain, 0), precision_gain


def _precision_recall_area(found: Counts) -> Array:
    """Returns the area under the curve of precision and recall.

    Between points true positives are interpolated, not the precision (Davis and Goadrich, 2006).
    """
    right, said = found.true_positives, found.true_positives + found.false_positives
    gained, more = right[:-1] - right[1:], said[:-1] - said[1:]
    slope = ratio(gained, np.maximum(more, 0))
    offset = right[1:] - slope * said[1:]
    both = (said[:-1] > 0) & (said[1:] > 0)
    growth = np.where(both, ratio(said[:-1], np.maximum(said[1:], 0)), 1)
    parts = slope * (gained + offset * np.log(growth))
    return np.asarray(ratio(parts, np.maximum(found.positives, 0)).sum(axis=0))


@dataclass(eq=False)
class _Point(ThresholdMetric):
    """The best of one ratio at the thresholds where another is large enough."""

    wanted: ClassVar[str]
    least: ClassVar[str]

    num_thresholds: int
    class_id: int | None

    def __post_init__(self) -> None:
        """See `Metric.__post_init__`."""
        super().__post_init__()
        where = type(self).__name__
        value = number(getattr(self, self.least), self.least, where, least=0, most=1)
        setattr(self, self.least, value)
        size = count(self.num_thresholds, "num_thresholds", where)
        if self.class_id is not None:
            self.class_id = count(self.class_id, "class_id", where, least=0)
        values = [place / (size - 1) for place in range(size)] if size > 1 else [0.5]
        self._compare_with(Thresholds(values, even=size > 1))

    def config(self) -> dict[str, object]:
        """See `Metric.config`."""
        own = {"name": self.name, self.least: getattr(self, self.least)}
        own |= {"num_thresholds": self.num_thresholds, "class_id": self.class_id}
        return {"class_name": type(self).__name__, "config": own}

    def value(self, state: Array) -> float:
        """See `Metric.value`."""
        found = self._thresholds.split(state)
        ratios = {
            "precision": (found.true_positives, found.true_positives + found.false_positives),
            "recall": (found.true_positives, found.positives),
            "sensitivity": (found.true_positives, found.positives),
            "specificity": (found.true_negatives, found.negatives),
        }
        enough = ratio(*ratios[self.least]) >= getattr(self, self.least)
        return float(np.where(enough, ratio(*ratios[self.wanted]), 0).max())


@accepts
@dataclass(eq=False, init=False)
class PrecisionAtRecall(_Point):
    """The highest precision at a threshold where the recall is at least `recall`.

    Args:
        recall: from 0 to 1.
        num_thresholds: evenly distributed; 200 by default.
        class_id: the class that is looked at; None for all.
        name: in logs.
    """

    wanted: ClassVar[str] = "precision"
    least: ClassVar[str] = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = THRESHOLDS,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        self.recall, self.num_thresholds = recall, num_thresholds
        self.class_id, self.name = class_id, name
        self.__post_init__()


@accepts
@dataclass(eq=False, init=False)
class RecallAtPrecision(_Point):
    """The highest recall at a threshold where the precision is at least `precision`.

    Args:
        precision: from 0 to 1.
        num_thresholds: evenly distributed; 200 by default.
        class_id: the class that is looked at; None for all.
        name: in logs.
    """

    wanted: ClassVar[str] = "recall"
    least: ClassVar[str] = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = THRESHOLDS,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        self.precision, self.num_thresholds = precision, num_thresholds
        self.class_id, self.name = class_id, name
        self.__post_init__()


@accepts
@dataclass(eq=False, init=False)
class SensitivityAtSpecificity(_Point):
    """The highest sensitivity (recall) at a threshold where the specificity is large enough.

    Args:
        specificity: the least fraction of answers that are no and said to be, from 0 to 1.
        num_thresholds: evenly distributed; 200 by default.
        class_id: the class that is looked at; None for all.
        name: in logs.
    """

    wanted: ClassVar[str] = "sensitivity"
    least: ClassVar[str] = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = THRESHOLDS,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        self.specificity, self.num_thresholds = specificity, num_thresholds
        self.class_id, self.name = class_id, name
        self.__post_init__()


@accepts
@dataclass(eq=False, init=False)
class SpecificityAtSensitivity(_Point):
    """The highest specificity at a threshold where the sensitivity (recall) is large enough.

    Args:
        sensitivity: the least fraction of answers that are yes and said to be, from 0 to 1.
        num_thresholds: evenly distributed; 200 by default.
        class_id: the class that is looked at; None for all.
        name: in logs.
    """

    wanted: ClassVar[str] = "specificity"
    least: ClassVar[str] = "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = THRESHOLDS,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        self.sensitivity, self.num_thresholds = sensitivity, num_thresholds
        self.class_id, self.name = class_id, name
        self.__post_init__()
