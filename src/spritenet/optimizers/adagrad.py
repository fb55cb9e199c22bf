"""Adagrad: steps divided by the root of the sum of all squared gradients."""

from __future__ import annotations

from dataclasses import dataclass

from spritenet.migration import accepts
from spritenet.optimizers.base import Optimizer

__all__ = ["Adagrad"]


@accepts
@dataclass(frozen=True, slots=True, repr=False)
class Adagrad(Optimizer):
    """Duchi, Hazan and Singer 2011: a += g², w -= r · g / √(a + epsilon).

    Args:
        learning_rate: a number, or a schedule of the step.
        initial_accumulator_value: the a of every weight before the first step.
        epsilon: added under the root.
        weight_decay, clipnorm, …: see `Optimizer`.
    """

    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7
