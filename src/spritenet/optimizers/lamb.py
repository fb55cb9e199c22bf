"""Lamb: Adam's step, of each weight as long as the weight's norm."""

from __future__ import annotations

from dataclasses import dataclass

from spritenet.migration import accepts
from spritenet.optimizers.base import Optimizer

__all__ = ["Lamb"]


@accepts
@dataclass(frozen=True, slots=True, repr=False)
class Lamb(Optimizer):
    """Adam's step, of each weight as long as its norm, for large batches (You et al. 2019).

    With m and v of `Adam`, d = m / (1 - beta_1^t) / (√(v / (1 - beta_2^t)) + epsilon). Then
    w -= r · ‖w‖ / ‖d‖ · d, with the norms of each weight; where one of them is 0, w -= r · d.

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
