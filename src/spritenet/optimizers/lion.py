"""Lion: steps of one size, in the direction of an interpolated momentum."""

from __future__ import annotations

from dataclasses import dataclass

from spritenet.migration import accepts
from spritenet.optimizers.base import Optimizer

__all__ = ["Lion"]


@accepts
@dataclass(frozen=True, slots=True, repr=False)
class Lion(Optimizer):
    """Steps of one size: w -= r · sign(beta_1 · m + (1 - beta_1) · g).

    Then m = beta_2 · m + (1 - beta_2) · g (Chen et al. 2023).
    Its learning rate is best 3 to 10 times smaller than Adam's, its weight decay as much larger.

    Args:
        learning_rate: a number, or a schedule of the step.
        beta_1: the fraction of the momentum in a step's direction, 0 ≤ beta_1 < 1.
        beta_2: the fraction of the momentum that a step keeps, 0 ≤ beta_2 < 1.
        weight_decay, clipnorm, …: see `Optimizer`.
    """

    beta_1: float = 0.9
    beta_2: float = 0.99
