"""The loss of given outputs, such as means over several predictions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spritenet.engines.engine import Evaluation, Examples
from spritenet.layers import Dense, Flatten, Rescaling
from spritenet.losses import Loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["evaluate_outputs"]

ROWS = 128
"""Rows in one call."""


def evaluate_outputs(
    outputs: NDArray[np.float32], examples: Examples, loss: Loss, activation: str
) -> Evaluation:
    """Returns the sums of loss and correct predictions that outputs mean.

    The core computes them, on a network without a bias whose image i is the i-th unit vector: its
    kernel is the outputs, before the activation that the loss may take the place of.

    Args:
        outputs: float32 (n, k), of the network's last layer.
        examples: their n labels or targets, and weights.
        loss: the loss function.
        activation: of the network's last layer.
    """
    from spritenet.engines import native

    count, width = outputs.shape
    size = min(count, ROWS)
    final = activation if activation in ("softmax", "sigmoid") else "linear"
    layers = (
        Rescaling(1.0, name="x"),
        Flatten(name="row"),
        Dense(width, activation=final, use_bias=False, name="z"),
    )
    engine = native.Network(layers, (1, 1, size), threads=1)
    kernel = _before(outputs, final)
    total = Evaluation(0.0, 0.0, 0.0, 0)
    for first in range(0, count, size):
        part = examples[first : first + size]
        units = np.eye(size, dtype=np.uint8)[: len(part)].reshape(-1, 1, 1, size)
        parameters = np.zeros(engine.parameter_count, np.float32)
        parameters[: len(part) * width] = kernel[first : first + size].ravel()
        found = engine.evaluate(parameters, replace(part, images=units, identities=None), loss)
        total = Evaluation(
            total.loss_sum + found.loss_sum,
            0.0,
            None if found.correct is None else (total.correct or 0.0) + found.correct,
            total.count + len(part),
        )
    return total


def _before(outputs: NDArray[np.float32], final: str) -> NDArray[np.float32]:
    """Returns what the final activation makes outputs of, up to a number added to each row."""
    if final == "linear":
        return outputs
    least = np.finfo(np.float32).tiny
    found = np.log(np.maximum(outputs.astype(np.float64), least))
    if final == "sigmoid":
        found -= np.log(np.maximum(1 - outputs.astype(np.float64), least))
    return found.astype(np.float32)
