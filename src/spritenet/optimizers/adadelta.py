"""Adadelta: steps in the units of the weights, from two mean squares."""

from __future__ import annotations

from dataclasses import dataclass

from spritenet.migration import accepts
from spritenet.optimizers.base import Optimizer

__all__ = ["Adadelta"]


@accepts
@dataclass(frozen=True, slots=True, repr=False)
class Adadelta(Optimizer):
    """Zeiler 2012: a = rho · a + (1 - rho) · g², d = √(b + epsilon) / √(a + epsilon) · g.

    Then b = rho · b + (1 - rho) · d², and w -= r · d. The paper's learning rate is 1.

    Args:
        learning_rate: a number, or a schedule of the step.
        rho: the fraction of both means that a step keeps, 0 ≤ rho < 1.
        epsilon: added under the roots.
        weight_decay, clipnorm, …: see `Optimizer`.
    """

    rho: float = 0.95
    epsilon: float = 1e-7
