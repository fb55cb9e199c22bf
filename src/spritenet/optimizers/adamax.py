"""Adamax: Adam with the infinity norm."""

from __future__ import annotations

from dataclasses import dataclass

from spritenet.migration import accepts
from spritenet.optimizers.base import Optimizer

__all__ = ["Adamax"]


@accepts
@dataclass(frozen=True, slots=True, repr=False)
class Adamax(Optimizer):
    """Adam with the infinity norm (Kingma and Ba 2014, section 7.1).

    m += (1 - beta_1)(g - m), u = max(beta_2 · u, |g|). At step t from 1,
    w -= r / (1 - beta_1^t) · m / (u + epsilon).

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
