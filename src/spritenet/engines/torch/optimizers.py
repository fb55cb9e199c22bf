"""Optimizers on one flat tensor: each a few operations on all weights at once.

A rule has two parts. `scalars` computes, on the host and in float64 as the core does, what depends
on the number of the step: the learning rate, corrected for the bias of young moments. `update`
reads these numbers from the device, so that a captured step can be replayed with others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from spritenet.engines.torch.matrix_rules import (
    update_adafactor,
    update_lamb,
    update_muon,
)
from spritenet.engines.torch.parameters import Segment
from spritenet.engines.torch.rounding import AnyOptimizer, rest, rounded

__all__ = ["RULES", "Rule"]

Slots = Sequence[Tensor]
"""The optimizer's own arrays, each as long as the trainable parameters."""

Scalars = Callable[[AnyOptimizer, float, int], tuple[float, ...]]
"""From an optimizer, the learning rate and the number of the step, from 1, to its numbers."""

Update = Callable[[AnyOptimizer, Tensor, Tensor, Slots, Sequence[Tensor]], None]
"""Changes weights and slots in place: of an optimizer, weights, gradient, slots and numbers."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An optimizer's step.

    Attributes:
        scalars: its numbers of a step.
        update: the step of all weights.
        of_weights: the step, if each weight is treated as a whole; it also gets the segments.
        decays: True if it decays weights itself.
    """

    scalars: Scalars
    update: Update | None = None
    of_weights: (
        Callable[[AnyOptimizer, Tensor, Tensor, Slots, Sequence[Tensor], Sequence[Segment]], None]
        | None
    ) = None
    decays: bool = False


def _rate(_o: AnyOptimizer, rate: float, _time: int) -> tuple[float, ...]:
    return (rate,)


def _adam_scalars(o: AnyOptimizer, rate: float, time: int) -> tuple[float, ...]:
    first, second = rounded(o.beta_1) ** time, rounded(o.beta_2) ** time
    return (rate * math.sqrt(1 - second) / (1 - first),)


def _moments(o: AnyOptimizer, g: Tensor, slots: Slots) -> tuple[Tensor, Tensor]:
    """Moves the two moments towards the gradient and its square, and returns them."""
    first, second = slots[0], slots[1]
    first.lerp_(g, rest(o.beta_1))
    second.lerp_(g * g, rest(o.beta_2))
    return first, second


def _adam(o: AnyOptimizer, w: Tensor, g: Tensor, slots: Slots, s: Sequence[Tensor]) -> None:
    m, v = _moments(o, g, slots)
    if o.amsgrad:
        v = torch.maximum(slots[2], v, out=slots[2])
    w.sub_(m * s[0] / (v.sqrt() + rounded(o.epsilon)))


def _adamax_scalars(o: AnyOptimizer, rate: float, time: int) -> tuple[float, ...]:
    return (rate / (1 - rounded(o.beta_1) ** time),)


def _adamax(o: AnyOptimizer, w: Tensor, g: Tensor, slots: Slots, s: Sequence[Tensor]) -> None:
    m, norm = slots[0], slots[1]
    m.lerp_(g, rest(o.beta_1))
    torch.maximum(norm * rounded(o.beta_2), g.abs(), out=norm)
    w.sub_(m * s[0] / (norm + rounded(o.epsilon)))


def _nadam_scalars(o: AnyOptimizer, rate: float, time: int) -> tuple[float, ...]:
    """Without the product of momenta, of which `NadamProduct` keeps count."""
    beta = rounded(o.beta_1)
    now = beta * (1 - 0.5 * 0.96**time)
    following = beta * (1 - 0.5 * 0.96 ** (time + 1))
    return rate, now, following, 1 / (1 - rounded(o.beta_2) ** time)


def nadam_numbers(
    rate: float, now: float, following: float, correction: float, before: float
) -> tuple[float, float, float, float]:
    """Returns a step's factors of moment and gradient, its correction, and the new product."""
    product = before * now
    return (
        rate * following / (1 - product * following),
        rate * (1 - now) / (1 - product),
        correction,
        rounded(product),
    )


def _nadam(o: AnyOptimizer, w: Tensor, g: Tensor, slots: Slots, s: Sequence[Tensor]) -> None:
    m, v = _moments(o, g, slots)
    w.sub_((m * s[0] + g * s[1]) / ((v * s[2]).sqrt() + rounded(o.epsilon)))


def _sgd(o: AnyOptimizer, w: Tensor, g: Tensor, slots: Slots, s: Sequence[Tensor]) -> None:
    step = g * s[0]
    if not o.momentum:
        w.sub_(step)
        return
    momentum = rounded(o.momentum)
    velocity = slots[0].mul_(momentum).sub_(step)
    w.add_(velocity * momentum - step if o.nesterov else velocity)


def _rmsprop(o: AnyOptimizer, w: Tensor, g: Tensor, slots: Slots, s: Sequence[Tensor]) -> None:
    rho, epsilon, keep = rounded(o.rho), rounded(o.epsilon), rest(o.rho)
    square = slots[0].mul_(rho).add_(g * g * keep)
    variance = square
    if o.centered:
        mean = slots[2 if o.momentum else 1].mul_(rho).add_(g * keep)
        variance = square - mean * mean
    step = g * s[0] / (variance + epsilon).sqrt()
    if o.momentum:
        step = slots[1].mul_(rounded(o.momentum)).add_(step)
    w.sub_(step)


def _adagrad(o: AnyOptimizer, w: Tensor, g: Tensor, slots: Slots, s: Sequence[Tensor]) -> None:
    total = slots[0].add_(g * g)
    w.sub_(g * s[0] / (total + rounded(o.epsilon)).sqrt())


def _adadelta(o: AnyOptimizer, w: Tensor, g: Tensor, slots: Slots, s: Sequence[Tensor]) -> None:
    rho, epsilon, keep = rounded(o.rho), rounded(o.epsilon), rest(o.rho)
    gradients, steps = slots[0], slots[1]
    gradients.mul_(rho).add_(g * g * keep)
    step = (steps + epsilon).sqrt() * g / (gradients + epsilon).sqrt()
    steps.mul_(rho).add_(step * step * keep)
    w.sub_(step * s[0])


def _lion(o: AnyOptimizer, w: Tensor, g: Tensor, slots: Slots, s: Sequence[Tensor]) -> None:
    momentum = slots[0]
    direction = momentum * rounded(o.beta_1) + g * rest(o.beta_1)
    w.sub_(direction.sign() * s[0])
    momentum.mul_(rounded(o.beta_2)).add_(g * rest(o.beta_2))


def _ftrl_scalars(o: AnyOptimizer, rate: float, _time: int) -> tuple[float, ...]:
    l2 = np.float32(o.l2_regularization_strength)
    if rate > 0:
        l2 = l2 + np.float32(o.beta) / (np.float32(2) * np.float32(rate))
    return rate, 2 * float(l2)


def _ftrl(o: AnyOptimizer, w: Tensor, g: Tensor, slots: Slots, s: Sequence[Tensor]) -> None:
    exponent, l1 = -rounded(o.learning_rate_power), rounded(o.l1_regularization_strength)

    def raised(x: Tensor) -> Tensor:
        return torch.where(x > 1.2e-38, x**exponent, 0.0) if exponent else torch.ones_like(x)

    total, linear = slots[0], slots[1]
    more = total + g * g
    root = raised(more)
    shrinkage = 2 * rounded(o.l2_shrinkage_regularization_strength)
    linear.add_(g + w * shrinkage - (root - raised(total)) / s[0] * w)
    total.copy_(more)
    left = linear.clamp(-l1, l1) - linear
    w.copy_(torch.where(left == 0, 0.0, left / (root / s[0] + s[1])))


def _lamb_scalars(o: AnyOptimizer, rate: float, time: int) -> tuple[float, ...]:
    first, second = rounded(o.beta_1) ** time, rounded(o.beta_2) ** time
    return rate, 1 / (1 - first), 1 / (1 - second)


def _adafactor_scalars(o: AnyOptimizer, rate: float, time: int) -> tuple[float, ...]:
    most = float(np.float32(1) / np.sqrt(np.float32(time)))
    keep = 1 - time ** rounded(o.beta_2_decay)
    return min(rate, most), keep, 1 - keep


def _muon_scalars(o: AnyOptimizer, rate: float, time: int) -> tuple[float, ...]:
    first, second = rounded(o.adam_beta_1) ** time, rounded(o.adam_beta_2) ** time
    own = rounded(rate * rounded(o.adam_lr_ratio))
    return (
        rate,
        1 - rate * rounded(o.weight_decay or 0),
        own * math.sqrt(1 - second) / (1 - first),
        1 - rate * rounded(o.adam_weight_decay or 0),
    )


RULES: dict[str, Rule] = {
    "Adadelta": Rule(_rate, _adadelta),
    "Adafactor": Rule(_adafactor_scalars, of_weights=update_adafactor),
    "Adagrad": Rule(_rate, _adagrad),
    "Adam": Rule(_adam_scalars, _adam),
    "AdamW": Rule(_adam_scalars, _adam),
    "Adamax": Rule(_adamax_scalars, _adamax),
    "Ftrl": Rule(_ftrl_scalars, _ftrl),
    "Lamb": Rule(_lamb_scalars, of_weights=update_lamb),
    "Lion": Rule(_rate, _lion),
    "Muon": Rule(_muon_scalars, of_weights=update_muon, decays=True),
    "Nadam": Rule(_nadam_scalars, _nadam),
    "RMSprop": Rule(_rate, _rmsprop),
    "SGD": Rule(_rate, _sgd),
}
"""Every optimizer of the core's table."""
