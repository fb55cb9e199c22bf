"""MetricSet: the metrics of one training or evaluation, with their sums in one array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spritenet.metrics.batch import MetricBatch
from spritenet.metrics.problem import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.metrics.base import Metric, Value

__all__ = ["MetricSet"]


@dataclass(frozen=True, slots=True, eq=False)
class MetricSet:
    """Metrics for a network's problem.

    Attributes:
        metrics: by the name each has in logs.
        weighted: the names of those that weights count for.
        problem: the network's outputs and targets.

    Raises:
        ModelError: a metric doesn't fit the problem.
    """

    metrics: Mapping[str, Metric]
    weighted: Sequence[str]
    problem: Problem

    def __post_init__(self) -> None:
        """Checks that each metric fits the problem."""
        for metric in self.metrics.values():
            metric.check(self.problem)

    @property
    def directions(self) -> dict[str, str]:
        """The direction that is better, "up" or "down", of each metric by its name."""
        return {name: metric.direction for name, metric in self.metrics.items()}

    def start(self) -> NDArray[np.float64]:
        """Returns the sums before any image, float64."""
        size = sum(metric.size(self.problem.outputs) for metric in self.metrics.values())
        return np.zeros(size, np.float64)

    def add(
        self,
        state: NDArray[np.float64],
        outputs: NDArray[np.float32],
        labels: NDArray[np.int32] | None,
        targets: NDArray[np.float32] | None,
        weights: NDArray[np.float32] | None,
    ) -> NDArray[np.float64]:
        """Returns the sums with those of a batch added, as a new array.

        Args:
            state: the sums so far.
            outputs: of n images, (n, k).
            labels: their classes, (n,); None with targets.
            targets: (n, k), or None.
            weights: a factor for each, (n,); None for 1.
        """
        plain = MetricBatch(outputs, labels, targets, None, self.problem.logits)
        factors = None if weights is None else weights.astype(np.float64)
        heavy = plain if factors is None else replace(plain, weights=factors)
        return np.concatenate(
            [
                part + metric.sums(heavy if name in self.weighted else plain)
                for name, metric, part in self._parts(state)
            ]
        )

    def values(self, state: NDArray[np.float64]) -> dict[str, Value]:
        """Returns the value of each metric by its name."""
        return {name: metric.value(part) for name, metric, part in self._parts(state)}

    def _parts(
        self, state: NDArray[np.float64]
    ) -> Iterator[tuple[str, Metric, NDArray[np.float64]]]:
        """Yields each metric with its own sums."""
        place = 0
        for name, metric in self.metrics.items():
            size = metric.size(self.problem.outputs)
            yield name, metric, state[place : place + size]
            place += size
