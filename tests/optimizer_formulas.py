"""Keras 3's optimizers in NumPy float64, weight by weight: the oracle of the core's.

Written from the documentation and papers of each, with Keras's order: clip, decay, update, average.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Trained"]

Array = NDArray[np.float64]


@dataclass
class Trained:
    """Weights under training, with what an optimizer keeps of each."""

    optimizer: Any
    weights: dict[str, Array]
    step: int = 0
    kept: dict[str, dict[str, Array]] = field(default_factory=dict)
    product: float = 1.0  # Nadam's

    def apply(self, gradients: dict[str, Array], rate: float) -> None:
        """One step with these gradients."""
        o: Any = self.optimizer
        every = o.gradient_accumulation_steps or 1
        updates, before = (self.step + 1) % every == 0, self.step // every
        if every > 1:
            for name, g in gradients.items():
                kept = self.kept.setdefault(name, {})
                total = kept.get("sum", np.zeros_like(g)) + g
                kept["sum"] = np.zeros_like(g) if updates else total
                gradients = {**gradients, name: total / every}
        if updates:
            if type(o).__name__ == "Nadam":
                self.product *= o.beta_1 * (1 - 0.5 * 0.96 ** (before + 1))
            for name, g in self._clipped(gradients).items():
                w = self.weights[name]
                decay = o.weight_decay
                if type(o).__name__ == "Muon" and not is_matrix(o, name, w):
                    decay = o.adam_weight_decay
                if decay and not any(part in name for part in o.no_weight_decay):
                    w -= rate * decay * w
                kept = self.kept.setdefault(name, {})
                RULES[type(o).__name__](self, name, w, g, kept, rate, before + 1)
        self._average(before)
        self.step += 1

    def _clipped(self, gradients: dict[str, Array]) -> dict[str, Array]:
        o = self.optimizer
        if o.clipvalue:
            return {name: np.clip(g, -o.clipvalue, o.clipvalue) for name, g in gradients.items()}
        if o.clipnorm:
            return {
                n: g * o.clipnorm / max(np.linalg.norm(g), o.clipnorm) for n, g in gradients.items()
            }
        if o.global_clipnorm:
            norm = math.sqrt(sum(float((g * g).sum()) for g in gradients.values()))
            return {
                n: g * o.global_clipnorm / max(norm, o.global_clipnorm)
                for n, g in gradients.items()
            }
        return gradients

    def _average(self, before: int) -> None:
        o = self.optimizer
        if not o.use_ema:
            return
        for name, w in self.weights.items():
            kept = self.kept.setdefault(name, {})
            keep = o.ema_momentum if before else 0.0
            kept["average"] = keep * kept.get("average", 0.0) + (1 - keep) * w
            if o.ema_overwrite_frequency and (before + 1) % o.ema_overwrite_frequency == 0:
                w[...] = kept["average"]


def slot(kept: dict[str, Array], name: str, like: Array, value: float = 0.0) -> Array:
    """An array that an optimizer keeps."""
    return kept.setdefault(name, np.full_like(like, value))


def sgd(
    t: Trained, _: str, w: Array, g: Array, kept: dict[str, Array], rate: float, __: int
) -> None:
    """https://keras.io/api/optimizers/sgd."""
    o = t.optimizer
    if not o.momentum:
        w -= rate * g
        return
    v = slot(kept, "v", w)
    v[...] = o.momentum * v - rate * g
    w += o.momentum * v - rate * g if o.nesterov else v


def rmsprop(
    t: Trained, _: str, w: Array, g: Array, kept: dict[str, Array], rate: float, __: int
) -> None:
    """Hinton's lecture 6e, and Graves 2013 for the centred form."""
    o = t.optimizer
    square, mean, v = slot(kept, "square", w), slot(kept, "mean", w), slot(kept, "v", w)
    square[...] = o.rho * square + (1 - o.rho) * g * g
    divisor = square
    if o.centered:
        mean[...] = o.rho * mean + (1 - o.rho) * g
        divisor = square - mean * mean
    change = rate * g / np.sqrt(divisor + o.epsilon)
    if o.momentum:
        v[...] = o.momentum * v + change
        change = v
    w -= change


def moments(t: Trained, w: Array, g: Array, kept: dict[str, Array]) -> tuple[Array, Array]:
    """Adam's m and v."""
    o = t.optimizer
    m, v = slot(kept, "m", w), slot(kept, "v", w)
    m += (1 - o.beta_1) * (g - m)
    v += (1 - o.beta_2) * (g * g - v)
    return m, v


def adam(
    t: Trained, _: str, w: Array, g: Array, kept: dict[str, Array], rate: float, time: int
) -> None:
    """Kingma and Ba 2014; Reddi et al. 2018 for amsgrad."""
    o = t.optimizer
    m, v = moments(t, w, g, kept)
    if o.amsgrad:
        most = slot(kept, "most", w)
        most[...] = np.maximum(most, v)
        v = most
    alpha = rate * math.sqrt(1 - o.beta_2**time) / (1 - o.beta_1**time)
    w -= alpha * m / (np.sqrt(v) + o.epsilon)


def adagrad(
    t: Trained, _: str, w: Array, g: Array, kept: dict[str, Array], rate: float, __: int
) -> None:
    """Duchi et al. 2011."""
    a = slot(kept, "a", w, t.optimizer.initial_accumulator_value)
    a += g * g
    w -= rate * g / np.sqrt(a + t.optimizer.epsilon)


def adadelta(
    t: Trained, _: str, w: Array, g: Array, kept: dict[str, Array], rate: float, __: int
) -> None:
    """Zeiler 2012."""
    o = t.optimizer
    a, b = slot(kept, "a", w), slot(kept, "b", w)
    a[...] = o.rho * a + (1 - o.rho) * g * g
    d = np.sqrt(b + o.epsilon) / np.sqrt(a + o.epsilon) * g
    b[...] = o.rho * b + (1 - o.rho) * d * d
    w -= rate * d


def adamax(
    t: Trained, _: str, w: Array, g: Array, kept: dict[str, Array], rate: float, time: int
) -> None:
    """Kingma and Ba 2014, section 7.1."""
    o = t.optimizer
    m, u = slot(kept, "m", w), slot(kept, "u", w)
    m += (1 - o.beta_1) * (g - m)
    u[...] = np.maximum(o.beta_2 * u, np.abs(g))
    w -= rate / (1 - o.beta_1**time) * m / (u + o.epsilon)


def nadam(
    t: Trained, _: str, w: Array, g: Array, kept: dict[str, Array], rate: float, time: int
) -> None:
    """Dozat 2015."""
    o = t.optimizer
    m, v = moments(t, w, g, kept)
    now = o.beta_1 * (1 - 0.5 * 0.96**time)
    after = o.beta_1 * (1 - 0.5 * 0.96 ** (time + 1))
    ahead = after * m / (1 - t.product * after) + (1 - now) * g / (1 - t.product)
    w -= rate * ahead / (np.sqrt(v / (1 - o.beta_2**time)) + o.epsilon)


def ftrl(
    t: Trained, _: str, w: Array, g: Array, kept: dict[str, Array], rate: float, __: int
) -> None:
    """McMahan et al. 2013."""
    o = t.optimizer
    power = -o.learning_rate_power
    n, z = slot(kept, "n", w, o.initial_accumulator_value), slot(kept, "z", w)
    more = n + g * g
    z += g + 2 * o.l2_shrinkage_regularization_strength * w - (more**power - n**power) / rate * w
    l1, l2 = o.l1_regularization_strength, o.l2_regularization_strength + o.beta / (2 * rate)
    w[...] = (np.clip(z, -l1, l1) - z) / (more**power / rate + 2 * l2)
    n[...] = more


def lion(
    t: Trained, _: str, w: Array, g: Array, kept: dict[str, Array], rate: float, __: int
) -> None:
    """Chen et al. 2023."""
    o = t.optimizer
    m = slot(kept, "m", w)
    w -= rate * np.sign(o.beta_1 * m + (1 - o.beta_1) * g)
    m[...] = o.beta_2 * m + (1 - o.beta_2) * g


def lamb(
    t: Trained, _: str, w: Array, g: Array, kept: dict[str, Array], rate: float, time: int
) -> None:
    """You et al. 2019."""
    o = t.optimizer
    m, v = moments(t, w, g, kept)
    d = m / (1 - o.beta_1**time) / (np.sqrt(v / (1 - o.beta_2**time)) + o.epsilon)
    weight, length = np.linalg.norm(w), np.linalg.norm(d)
    w -= rate * (weight / length if weight > 0 and length > 0 else 1.0) * d


def root_mean_square(x: Array) -> float:
    """Of all values."""
    return float(np.sqrt((x * x).mean()))


def adafactor(
    t: Trained, _: str, w: Array, g: Array, kept: dict[str, Array], rate: float, time: int
) -> None:
    """Shazeer and Stern 2018."""
    o = t.optimizer
    keep = 1 - time**o.beta_2_decay
    squares = g * g + o.epsilon_1
    if w.ndim < 2:
        v = slot(kept, "v", w)
        v[...] = keep * v + (1 - keep) * squares
    else:
        row, column = slot(kept, "r", w.mean(-1)), slot(kept, "c", w.mean(-2))
        if time == 1:
            row[...] = column[...] = 0
        row[...] = keep * row + (1 - keep) * squares.mean(-1)
        column[...] = keep * column + (1 - keep) * squares.mean(-2)
        v = (row / row.mean(-1, keepdims=True))[..., None] * column[..., None, :]
    u = g / np.sqrt(v)
    u /= max(1.0, root_mean_square(u) / o.clip_threshold)
    w -= max(o.epsilon_2, root_mean_square(w)) * min(rate, 1 / math.sqrt(time)) * u


def is_matrix(o: Any, name: str, w: Array) -> bool:  # noqa: ANN401 - a Muon
    """True if Muon makes its steps orthogonal."""
    return w.ndim == 2 and not any(part in name for part in o.exclude_layers or ())


def muon(
    t: Trained, name: str, w: Array, g: Array, kept: dict[str, Array], rate: float, time: int
) -> None:
    """Jordan et al. 2024."""
    o = t.optimizer
    m, v = slot(kept, "m", w), slot(kept, "v", w)
    if not is_matrix(o, name, w):
        m += (1 - o.adam_beta_1) * (g - m)
        v += (1 - o.adam_beta_2) * (g * g - v)
        alpha = o.adam_lr_ratio * rate
        alpha *= math.sqrt(1 - o.adam_beta_2**time) / (1 - o.adam_beta_1**time)
        w -= alpha * m / (np.sqrt(v) + o.epsilon)
        return
    m[...] = o.momentum * m + g
    x = g + o.momentum * m if o.nesterov else m
    turned = x.shape[0] > x.shape[1]
    x = x.T if turned else x
    x = x / (np.linalg.norm(x) + 1e-7)
    for _ in range(o.ns_steps):
        a = x @ x.T
        x = o.muon_a * x + (o.muon_b * a + o.muon_c * a @ a) @ x
    size = o.rms_rate * max(w.shape) ** 0.5 if o.rms_rate else 1.0
    w -= rate * size * (x.T if turned else x)


Rule = Callable[[Trained, str, Array, Array, dict[str, Array], float, int], None]

RULES: dict[str, Rule] = {
    "SGD": sgd, "RMSprop": rmsprop, "Adam": adam, "AdamW": adam, "Adagrad": adagrad,
    "Adadelta": adadelta, "Adamax": adamax, "Nadam": nadam, "Ftrl": ftrl, "Lion": lion,
    "Lamb": lamb, "Adafactor": adafactor, "Muon": muon,
}  # fmt: skip
