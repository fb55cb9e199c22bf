"""Measurement: the metrics of the batches of some steps, added up in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.engines.engine import Examples
    from spritenet.metrics import MetricSet

__all__ = ["Measurement"]

MOST_OUTPUTS = 1 << 22
"""Outputs held in memory between two looks at them."""


class Measurement:
    """Adds the outputs of batches to the sums of metrics, one batch after the other.

    Args:
        metrics: the metrics.
        state: their sums so far, float64; not changed.

    Attributes:
        outputs: k, the number of outputs of the network.
        state: the sums now.
    """

    def __init__(self, metrics: MetricSet, state: NDArray[np.float64]) -> None:
        self._metrics = metrics
        self.outputs = metrics.problem.outputs
        self.state = state

    def most_steps(self, batch_size: int) -> int:
        """Returns the number of steps whose outputs fit the memory, at least 1."""
        return max(1, MOST_OUTPUTS // (batch_size * self.outputs))

    def buffer(self, *sizes: int) -> NDArray[np.float32]:
        """Returns an array for outputs: float32, of these sizes and k."""
        return np.empty((*sizes, self.outputs), np.float32)

    def add(
        self,
        outputs: NDArray[np.float32],
        examples: Examples,
        chosen: slice | NDArray[np.int64],
    ) -> None:
        """Adds the outputs (n, k) of the examples that are chosen."""
        self.state = self._metrics.add(
            self.state,
            outputs,
            None if examples.labels is None else examples.labels[chosen],
            None if examples.targets is None else examples.targets[chosen],
            None if examples.weights is None else examples.weights[chosen],
        )
