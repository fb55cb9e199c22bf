"""Nadam: Adam with Nesterov's momentum."""

from __future__ import annotations

from dataclasses import dataclass

from spritenet.migration import accepts
from spritenet.optimizers.base import Optimizer

__all__ = ["Nadam"]


@accepts
@dataclass(frozen=True, slots=True, repr=False)
class Nadam(Optimizer):
    """Adam with Nesterov's momentum (Dozat 2015).

    With u(t) = beta_1 · (1 - 0.96^t / 2), p(t) = u(1) · … · u(t), and m and v as in `Adam`, at step
    t from 1: n = u(t + 1) · m / (1 - p(t + 1)) + (1 - u(t)) · g / (1 - p(t)), and
    w -= r · n / (√(v / (1 - beta_2^t)) + epsilon).

    Args:
        learning_rate: a number, or a schedule of the step.
        beta_1: the fraction of the first moment that a step keeps, 0 ≤ beta_1 < 1.
        beta_2: the fraction of the second moment that a step keeps, 0 ≤ beta_2 < 1.
        epsilon: added to the root.
        weight_decay, clipnorm, …: see `Optimizer`.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
