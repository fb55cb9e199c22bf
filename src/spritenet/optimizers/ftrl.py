"""Ftrl: follow the regularized leader."""

from __future__ import annotations

from dataclasses import dataclass

from spritenet.migration import accepts
from spritenet.optimizers.base import Optimizer

__all__ = ["Ftrl"]


@accepts
@dataclass(frozen=True, slots=True, repr=False)
class Ftrl(Optimizer):
    """Follow the regularized leader (McMahan et al. 2013).

    With p = -learning_rate_power:
    n' = n + g², z += g + 2 · l2_shrinkage · w - (n'^p - n^p) / r · w, and
    w = (clip(z, -l1, l1) - z) / (n'^p / r + 2 · (l2 + beta / (2 · r))).

    Args:
        learning_rate: a number, or a schedule of the step; at 0 a step does nothing.
        learning_rate_power: how the rate falls with the sum of squares; 0 for not at all.
        initial_accumulator_value: the n of every weight before the first step.
        l1_regularization_strength: l1; makes small weights exactly 0.
        l2_regularization_strength: l2.
        l2_shrinkage_regularization_strength: l2_shrinkage.
        beta: of the paper.
        weight_decay, clipnorm, …: see `Optimizer`.
    """

    learning_rate_power: float = -0.5
    initial_accumulator_value: float = 0.1
    l1_regularization_strength: float = 0.0
    l2_regularization_strength: float = 0.0
    l2_shrinkage_regularization_strength: float = 0.0
    beta: float = 0.0
