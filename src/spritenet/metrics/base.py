"""Metric: sums over the images seen so far, and the value that follows from them.

What a batch adds to the sums depends on that batch alone, and the sums are float64 and as many for
ten images as for a million. So a metric needs bounded memory, its state is an array in a
checkpoint, and its value is the same for any number of threads and after a resumption.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from spritenet.arguments import text
from spritenet.errors import ModelError
from spritenet.metrics.batch import MetricBatch, as_batch
from spritenet.metrics.problem import ANSWERS, CLASSES, NUMBERS, Kind, Problem

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["MeanMetric", "Metric", "Value", "snake_case"]

Value = float | list[float]
"""The value of a metric: a number, or one for each class or threshold."""


def snake_case(name: str) -> str:
    """Returns a class's name as Keras writes it in lower case: TopKCategorical → top_k_categorical.

    >>> snake_case("SparseTopKCategoricalAccuracy"), snake_case("AUC"), snake_case("F1Score")
    ('sparse_top_k_categorical_accuracy', 'auc', 'f1_score')
    """
    words = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words).lower()


@dataclass(eq=False)
class Metric:
    """The base of all metrics. A metric of your own overrides `size`, `sums` and `value`.

    `compile(metrics=[…])` takes metrics; outside of trainings, as in Keras:

        metric = sn.metrics.Precision()
        metric.update_state(labels, probabilities)
        metric.result()

    Attributes:
        name: in logs and histories; by default that of the class in snake case.
    """

    name: str | None = field(default=None, kw_only=True)

    direction: ClassVar[str] = "up"
    """ "up" if larger values are better, else "down"."""

    takes: ClassVar[tuple[Kind, ...]] = (CLASSES, ANSWERS, NUMBERS)
    """The kinds of problems that it makes sense for."""

    def __post_init__(self) -> None:
        """Gives it its default name, and no images seen.

        Raises:
            ModelError: an argument is wrong.
        """
        if self.name is None:
            self.name = snake_case(type(self).__name__)
        text(self.name, "name", type(self).__name__)
        self._state: Array | None = None

    @property
    def label(self) -> str:
        """Its name."""
        return self.name or snake_case(type(self).__name__)

    def size(self, outputs: int) -> int:
        """Returns the number of its sums for a network of so many outputs."""
        raise NotImplementedError

    def sums(self, batch: MetricBatch) -> Array:
        """Returns what a batch adds to the sums, float64 (size,)."""
        raise NotImplementedError

    def value(self, state: Array) -> Value:
        """Returns the value that follows from the sums, float64 (size,)."""
        raise NotImplementedError

    def check(self, problem: Problem) -> None:
        """Refuses networks that it has no meaning for.

        Raises:
            ModelError: the problem is of another kind, or has too few outputs.
        """
        if problem.kind not in self.takes:
            raise ModelError(
                f"the metric doesn't fit the targets, which are {problem.kind}",
                where=self.label,
                expected=" or ".join(self.takes),
                do="Try mean_absolute_error, root_mean_squared_error or r2_score."
                if problem.kind == NUMBERS
                else "Try binary_accuracy, precision, recall or auc.",
            )

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Adds images to those seen so far.

        Args:
            y_true: class indices (n,); or targets (n, k), such as one-hot rows.
            y_pred: outputs (n, k), or (n,) for one output.
            sample_weight: a factor for each image, (n,).

        Raises:
            DataError: the shapes don't fit.
            ModelError: the outputs are too few.
        """
        batch = as_batch(y_true, y_pred, sample_weight, self.label)
        outputs = batch.outputs.shape[1]
        kind = CLASSES if outputs > 1 and CLASSES in self.takes else self.takes[-1]
        self.check(Problem(kind, outputs))
        added = self.sums(batch)
        self._state = added if self._state is None else self._state + added

    def result(self) -> Value:
        """Returns the value for the images seen so far; 0 where there are none."""
        if self._state is None:
            return 0.0
        return self.value(self._state)

    def reset_state(self) -> None:
        """Forgets the images seen so far."""
        self._state = None

    def __call__(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Value:
        """Adds images, and returns the value for all so far."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def config(self) -> dict[str, object]:
        """The metric as plain values, which `get` reads back."""
        own = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        return {"class_name": type(self).__name__, "config": own}

    def __eq__(self, other: object) -> bool:
        """Returns True for the same metric with the same arguments."""
        return type(self) is type(other) and self.config() == getattr(other, "config", dict)()

    __hash__ = None  # type: ignore[assignment]  # it may be changed


@dataclass(eq=False)
class MeanMetric(Metric):
    """A mean over the images, each with its weight. A subclass overrides `values`."""

    def size(self, outputs: int) -> int:
        """See `Metric.size`."""
        del outputs
        return 2

    def values(self, batch: MetricBatch) -> Array:
        """Returns a number for each image, float64 (n,)."""
        raise NotImplementedError

    def sums(self, batch: MetricBatch) -> Array:
        """See `Metric.sums`."""
        values = self.values(batch)
        count = len(values) if batch.weights is None else batch.weights.sum()
        return np.array([batch.each(values).sum(), count], np.float64)

    def value(self, state: Array) -> float:
        """See `Metric.value`."""
        return float(state[0] / state[1]) if state[1] else 0.0


def _plain(value: object) -> object:
    """Returns an argument as JSON has it."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value
