"""RMSprop: steps divided by the root of the mean square of their gradients."""

from __future__ import annotations

from dataclasses import dataclass

from spritenet.migration import accepts
from spritenet.optimizers.base import Optimizer

__all__ = ["RMSprop"]


@accepts
@dataclass(frozen=True, slots=True, repr=False)
class RMSprop(Optimizer):
    """Hinton's RMSprop: a = rho · a + (1 - rho) · g², d = r · g / √(a + epsilon), w -= d.

    With momentum, v = momentum · v + d, and w -= v. Centered, b = rho · b + (1 - rho) · g, and the
    variance a - b² takes the place of a (Graves 2013).

    Args:
        learning_rate: a number, or a schedule of the step.
        rho: the fraction of the means that a step keeps, 0 ≤ rho < 1.
        momentum: the fraction of the velocity that a step keeps, 0 ≤ momentum < 1.
        epsilon: added under the root.
        centered: divides by the deviation in place of the root of the mean square.
        weight_decay, clipnorm, …: see `Optimizer`.
    """

    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    centered: bool = False
