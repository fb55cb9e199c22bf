"""Adafactor: mean squares kept by rows and columns alone."""

from __future__ import annotations

from dataclasses import dataclass

from spritenet.migration import accepts
from spritenet.optimizers.base import Optimizer

__all__ = ["Adafactor"]


@accepts
@dataclass(frozen=True, slots=True, repr=False)
class Adafactor(Optimizer):
    """Steps divided by mean squares that are kept by rows and columns alone.

    Shazeer and Stern 2018. With s = g² + epsilon_1 and b = 1 - t^beta_2_decay at step t from 1: R
    and C, the means of s along the last axis and the one before, are averaged with b; then
    v = R / mean(R) · C, u = g / √v, u /= max(1, rms(u) / clip_threshold), and
    w -= max(epsilon_2, rms(w)) · min(r, 1 / √t) · u. Of weights of one axis v itself is averaged.

    Args:
        learning_rate: a number, or a schedule of the step.
        beta_2_decay: the exponent of b.
        epsilon_1: added to the squares.
        epsilon_2: the least size of a weight, by which its step is multiplied.
        clip_threshold: the largest root mean square of u.
        relative_step: Keras's; the rate is at most 1 / √t either way.
        weight_decay, clipnorm, …: see `Optimizer`.
    """

    beta_2_decay: float = -0.8
    epsilon_1: float = 1e-30
    epsilon_2: float = 1e-3
    clip_threshold: float = 1.0
    relative_step: bool = True
