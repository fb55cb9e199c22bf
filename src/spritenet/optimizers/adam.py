"""Adam and AdamW."""

from __future__ import annotations

from dataclasses import dataclass

from spritenet.migration import accepts
from spritenet.optimizers.base import Optimizer

__all__ = ["Adam", "AdamW"]


@accepts
@dataclass(frozen=True, slots=True, repr=False)
class Adam(Optimizer):
    """Kingma and Ba 2014, in the form of their section 2's last lines, as in Keras.

    At step t from 1: m += (1 - beta_1)(g - m), v += (1 - beta_2)(g² - v),
    w -= r · √(1 - beta_2^t) / (1 - beta_1^t) · m / (√v + epsilon).

    Args:
        learning_rate: a number, or a schedule of the step.
        beta_1: the fraction of the first moment that a step keeps, 0 ≤ beta_1 < 1.
        beta_2: the fraction of the second moment that a step keeps, 0 ≤ beta_2 < 1.
        epsilon: added to the root.
        amsgrad: divides by the largest v so far (Reddi, Kale and Kumar 2018).
        weight_decay, clipnorm, …: see `Optimizer`.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False


@accepts
@dataclass(frozen=True, slots=True, repr=False)
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019) of every weight, biases too.

    Args:
        learning_rate: a number, or a schedule of the step.
        weight_decay: every step takes r · weight_decay · w from every w.
        beta_1, beta_2, epsilon, amsgrad: see `Adam`.
        clipnorm, clipvalue, …: see `Optimizer`.
    """

    weight_decay: float | None = 0.004
