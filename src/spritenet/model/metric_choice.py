"""MetricChoice: the metrics that a model is compiled with, before its targets are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spritenet import metrics as kinds
from spritenet.errors import ModelError
from spritenet.metrics import Accuracy, Metric, MetricSet, Problem
from spritenet.metrics.problem import ANSWERS, CLASSES, NUMBERS, Kind

if TYPE_CHECKING:
    from spritenet.losses import Loss
    from spritenet.training.batch_source import BatchSource

__all__ = ["MetricChoice"]

ACCURACY = "accuracy"
"""The metric that the core counts itself."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One metric.

    Attributes:
        name: in logs.
        metric: the metric.
        by_name: True if it was given as a word.
        weighted: True if the weights of images count.
    """

    name: str
    metric: Metric
    by_name: bool
    weighted: bool

    @property
    def is_plain_accuracy(self) -> bool:
        """True for "accuracy", which costs nothing."""
        return isinstance(self.metric, Accuracy) and self.name == ACCURACY and not self.weighted


@dataclass(frozen=True, slots=True)
class MetricChoice:
    """Metrics by name and object.

    Attributes:
        chosen: in the order given, each with another name.
    """

    chosen: tuple[Chosen, ...] = ()

    @classmethod
    def of(cls, metrics: object = None, weighted_metrics: object = None) -> MetricChoice:
        """Returns the choice of `compile`'s arguments.

        Raises:
            ModelError: a metric is unknown, or has a wrong argument.
        """
        made: list[Chosen] = []
        for given, weighted in ((metrics, False), (weighted_metrics, True)):
            for one in _several(given):
                found = _chosen(one, weighted, [each.name for each in made])
                if not (found.by_name and _has(made, found)):
                    made.append(found)
        return cls(tuple(made))

    @property
    def names(self) -> tuple[str, ...]:
        """The names in logs."""
        return tuple(each.name for each in self.chosen)

    def bound(self, problem: Problem) -> MetricSet | None:
        """Returns the metrics for a network's outputs and targets; None if accuracy is all.

        Raises:
            ModelError: one doesn't fit.
        """
        others = [each for each in self.chosen if not each.is_plain_accuracy]
        if not others:
            return None
        found = {each.name: _fitting(each, problem) for each in others}
        return MetricSet(found, tuple(each.name for each in others if each.weighted), problem)

    def bound_to(self, loss: Loss, outputs: int, examples: BatchSource) -> MetricSet | None:
        """Returns the metrics for a loss and examples; None if accuracy is all.

        Raises:
            ModelError: one doesn't fit.
        """
        if all(each.is_plain_accuracy for each in self.chosen):
            return None
        return self.bound(_problem_of(loss, outputs, examples))

    def config(self) -> list[dict[str, object]]:
        """The metrics as JSON values, which `from_config` reads back."""
        return [
            {"weighted": each.weighted, "by_name": each.by_name, **each.metric.config()}
            for each in self.chosen
        ]

    @classmethod
    def from_config(cls, entries: Iterable[Mapping[str, object]]) -> MetricChoice:
        """Returns the choice of a model file; metrics that no file can hold are left out."""
        made: list[Chosen] = []
        for entry in entries:
            try:
                metric = kinds.get(entry)
            except ModelError:
                continue
            name = _unique(metric.label, bool(entry.get("weighted")), [m.name for m in made])
            made.append(
                Chosen(name, metric, bool(entry.get("by_name")), bool(entry.get("weighted")))
            )
        return cls(tuple(made))


def _problem_of(loss: Loss, outputs: int, examples: BatchSource) -> Problem:
    """Returns what a network's outputs are compared with.

    Args:
        loss: the loss to minimize.
        outputs: k.
        examples: with labels or targets.
    """
    some = examples.all() if examples.resident else examples.sample(1, 0)
    logits = ""
    if getattr(loss, "from_logits", False):
        logits = "sigmoid" if loss.row.activation == "sigmoid" else "softmax"
    kind: Kind = NUMBERS
    if some.labels is not None or loss.row.accuracy == "largest":
        kind = CLASSES
    elif loss.row.accuracy == "each":
        kind = ANSWERS
    elif some.targets is not None and examples.resident:
        yes_or_no = ((some.targets == 0) | (some.targets == 1)).all()
        kind = ANSWERS if yes_or_no else NUMBERS
    return Problem(kind, outputs, logits)


def _several(given: object) -> list[object]:
    """Returns the metrics of an argument: one or many."""
    if given is None:
        return []
    single = isinstance(given, str | Mapping | Metric) or not isinstance(given, Iterable)
    found: list[object] = [given] if single else list(given)  # type: ignore[call-overload]  # iterable
    return [inner for one in found for inner in (one if isinstance(one, list | tuple) else [one])]


def _chosen(given: object, weighted: bool, taken: list[str]) -> Chosen:
    """Returns one metric with a name that is not taken."""
    by_name = isinstance(given, str | type)
    metric = kinds.get(given)
    label = metric.label
    if isinstance(metric, Accuracy) and label == ACCURACY and not weighted:
        return Chosen(ACCURACY, metric, True, False)
    return Chosen(_unique(label, weighted, taken), metric, by_name, weighted)


def _unique(label: str, weighted: bool, taken: list[str]) -> str:
    """Returns a name that is not taken, as Keras makes it."""
    if weighted and (label in taken or label == ACCURACY):
        label = f"weighted_{label}"
    name, number = label, 0
    while name in taken:
        number += 1
        name = f"{label}_{number}"
    return name


def _has(made: list[Chosen], found: Chosen) -> bool:
    """Returns True if the same metric was given before."""
    return any(
        (each.metric, each.by_name, each.weighted) == (found.metric, True, found.weighted)
        for each in made
    )


def _fitting(chosen: Chosen, problem: Problem) -> Metric:
    """Returns the metric that a word means for this problem.

    Raises:
        ModelError: there is no accuracy of numbers.
    """
    metric = chosen.metric
    if isinstance(metric, Accuracy):
        if problem.kind == NUMBERS:
            raise ModelError(
                "targets that are numbers have no accuracy",
                where=chosen.name,
                do="Use mean_absolute_error or r2_score.",
            )
        cls = kinds.BinaryAccuracy if problem.kind == ANSWERS else kinds.CategoricalAccuracy
        return cls(name=chosen.name)
    if chosen.by_name and isinstance(metric, kinds.F1Score | kinds.FBetaScore):
        several = problem.kind == ANSWERS and problem.outputs > 1
        made = type(metric)(average="macro", threshold=0.5 if several else None)
        made.name = metric.name
        return made
    return metric
