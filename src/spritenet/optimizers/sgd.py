"""SGD: gradient descent, plain or with momentum."""

from __future__ import annotations

from dataclasses import dataclass

from spritenet.migration import accepts
from spritenet.optimizers.base import Optimizer
from spritenet.schedules import Schedule

__all__ = ["SGD"]


@accepts
@dataclass(frozen=True, slots=True, repr=False)
class SGD(Optimizer):
    """Gradient descent: w -= r · g.

    With momentum, v = momentum · v - r · g, and w += v; with nesterov, w += momentum · v - r · g.

    Args:
        learning_rate: a number, or a schedule of the step.
        momentum: the fraction of the velocity that a step keeps, 0 ≤ momentum < 1.
        nesterov: looks ahead, as Nesterov's momentum does.
        weight_decay, clipnorm, …: see `Optimizer`.
    """

    learning_rate: float | Schedule = 0.01
    momentum: float = 0.0
    nesterov: bool = False
