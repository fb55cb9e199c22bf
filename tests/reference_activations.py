"""Activations in NumPy float64, each with its derivative beside it: part of reference.py."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from spritenet.layers import ActivationFunction

Array = NDArray[np.float64]
Function = Callable[[Array, float], tuple[Array, Array]]
"""x and the parameter -> f(x) and f'(x)."""

SCALE, BELOW = 1.0507009873554805, 1.7580993408473766  # selu's scale, and scale times alpha


def _sigmoid(x: Array) -> Array:
    return np.exp(-np.logaddexp(0, -x))


def _erf(x: Array) -> Array:
    return np.asarray(np.vectorize(math.erf, otypes=[np.float64])(x))


def _gelu(x: Array, _: float) -> tuple[Array, Array]:
    below = 0.5 * (1 + _erf(x / math.sqrt(2)))
    return x * below, below + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _gelu_new(x: Array, _: float) -> tuple[Array, Array]:
    root = math.sqrt(2 / math.pi)
    t = np.tanh(root * (x + 0.044715 * x**3))
    return x / 2 * (1 + t), (1 + t) / 2 + x / 2 * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x)


def _mish(x: Array, _: float) -> tuple[Array, Array]:
    t = np.tanh(np.logaddexp(0, x))
    return x * t, t + x * (1 - t * t) * _sigmoid(x)


def _silu(x: Array, _: float) -> tuple[Array, Array]:
    s = _sigmoid(x)
    return x * s, s + x * s * (1 - s)


def _softsign(x: Array, _: float) -> tuple[Array, Array]:
    return x / (1 + np.abs(x)), (1 + np.abs(x)) ** -2


def _squareplus(x: Array, _: float) -> tuple[Array, Array]:
    root = np.sqrt(x * x + 4)
    return (x + root) / 2, (1 + x / root) / 2


def _elu(x: Array, a: float) -> tuple[Array, Array]:
    e = a * np.exp(np.minimum(x, 0))
    return np.where(x > 0, x, e - a), np.where(x > 0, 1, e)


def _selu(x: Array, _: float) -> tuple[Array, Array]:
    e = BELOW * np.exp(np.minimum(x, 0))
    return np.where(x > 0, SCALE * x, e - BELOW), np.where(x > 0, SCALE, e)


def _inside(x: Array, low: float, high: float) -> Array:
    return ((x > low) & (x < high)).astype(np.float64)


POINTWISE: dict[str, Function] = {
    "linear": lambda x, _: (x, np.ones_like(x)),
    "relu": lambda x, _: (np.maximum(x, 0), np.where(x > 0, 1.0, 0.0)),
    "relu6": lambda x, _: (np.clip(x, 0, 6), _inside(x, 0, 6)),
    "leaky_relu": lambda x, a: (np.where(x > 0, x, a * x), np.where(x > 0, 1, a)),
    "elu": _elu,
    "sigmoid": lambda x, _: (_sigmoid(x), _sigmoid(x) * _sigmoid(-x)),
    "tanh": lambda x, _: (np.tanh(x), 1 - np.tanh(x) ** 2),
    "selu": _selu,
    "softplus": lambda x, _: (np.logaddexp(0, x), _sigmoid(x)),
    "softsign": _softsign,
    "exponential": lambda x, _: (np.exp(x), np.exp(x)),
    "hard_sigmoid": lambda x, _: (np.clip(x / 6 + 0.5, 0, 1), _inside(x, -3, 3) / 6),
    "hard_tanh": lambda x, _: (np.clip(x, -1, 1), _inside(x, -1, 1)),
    "hard_shrink": lambda x, a: (np.where(np.abs(x) > a, x, 0), np.where(np.abs(x) > a, 1.0, 0)),
    "soft_shrink": lambda x, a: (x - np.clip(x, -a, a), np.where(np.abs(x) > a, 1.0, 0)),
    "sparse_sigmoid": lambda x, _: (np.clip((x + 1) / 2, 0, 1), _inside(x, -1, 1) / 2),
    "squareplus": _squareplus,
    "log_sigmoid": lambda x, _: (-np.logaddexp(0, -x), _sigmoid(-x)),
    "gelu": _gelu,
    "gelu_new": _gelu_new,
    "silu": _silu,
    "hard_silu": lambda x, _: (
        x * np.clip(x / 6 + 0.5, 0, 1),
        np.where(x < -3, 0, np.where(x > 3, 1, x / 3 + 0.5)),
    ),
    "mish": _mish,
    "tanh_shrink": lambda x, _: (x - np.tanh(x), np.tanh(x) ** 2),
    "sparse_plus": lambda x, _: (
        np.where(x < -1, 0, np.where(x > 1, x, (x + 1) ** 2 / 4)),
        np.clip((x + 1) / 2, 0, 1),
    ),
}


def activate(function: ActivationFunction, x: Array) -> tuple[Array, Callable[[Array], Array]]:
    """f(x), and the function that takes the gradient of f(x) to the gradient of x."""
    if function.name in POINTWISE:
        y, slope = POINTWISE[function.name](x, function.alpha)
        return y, lambda g: g * slope
    if function.name == "sparsemax":
        ordered = -np.sort(-x, axis=-1)
        sums = ordered.cumsum(axis=-1) - 1
        count = (ordered * np.arange(1, x.shape[-1] + 1) > sums).sum(axis=-1, keepdims=True)
        y = np.maximum(x - np.take_along_axis(sums, count - 1, axis=-1) / count, 0)
        inside = y > 0
        return y, lambda g: inside * (g - (g * inside).sum(axis=-1, keepdims=True) / count)
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    y = e / e.sum(axis=-1, keepdims=True)
    if function.name == "log_softmax":
        return np.log(y), lambda g: g - y * g.sum(axis=-1, keepdims=True)
    if function.name == "softmax":
        return y, lambda g: y * (g - (g * y).sum(axis=-1, keepdims=True))
    raise ValueError(function.name)
