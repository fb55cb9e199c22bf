"""Keras 3's losses in NumPy, float64: the oracle of values and, by differences, gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet import losses
from spritenet.losses import Loss

Array = NDArray[np.float64]

EPSILON = 1e-7


def softmax(z: Array) -> Array:
    """Probabilities (n, k)."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z))."""
    return np.asarray(0.5 * (1 + np.tanh(z / 2)))


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda z: z,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
}


def _signs(t: Array) -> Array:
    """0 and 1 as -1 and 1, image by image."""
    binary = ((t == 0) | (t == 1)).all(axis=1, keepdims=True)
    return np.where(binary, 2 * t - 1, t)


def _normalized(x: Array) -> Array:
    inverse = 1 / np.sqrt(np.square(x).sum(axis=1, keepdims=True))
    return np.asarray(x * np.minimum(inverse, 1 / EPSILON))


def _binary(t: Array, p: Array) -> Array:
    return np.asarray(-t * np.log(p) - (1 - t) * np.log(1 - p))


def _binary_focal(t: Array, p: Array, loss: Loss) -> Array:
    assert isinstance(loss, losses.BinaryFocalCrossentropy)
    right = t * p + (1 - t) * (1 - p)
    value = (1 - right) ** loss.gamma * _binary(t, p)
    if loss.apply_class_balancing:
        value = value * (t * loss.alpha + (1 - t) * (1 - loss.alpha))
    return np.asarray(value)


def _huber(e: Array, delta: float) -> Array:
    return np.asarray(np.where(np.abs(e) <= delta, e**2 / 2, delta * np.abs(e) - delta**2 / 2))


def _logarithm(x: Array) -> Array:
    return np.asarray(np.log(np.maximum(x, EPSILON) + 1))


def _categorical_hinge(t: Array, p: Array) -> Array:
    return np.asarray(np.maximum(0, ((1 - t) * p).max(axis=1) - (t * p).sum(axis=1) + 1))


def _kl(t: Array, p: Array) -> Array:
    t, p = np.clip(t, EPSILON, 1), np.clip(p, EPSILON, 1)
    return np.asarray((t * np.log(t / p)).sum(axis=1))


def _dice(t: Array, p: Array) -> Array:
    return np.asarray(1 - (2 * (t * p).sum(axis=1) + EPSILON) / ((t + p).sum(axis=1) + EPSILON))


def _tversky(t: Array, p: Array, loss: Loss) -> Array:
    assert isinstance(loss, losses.Tversky)
    common = (t * p).sum(axis=1)
    wrong = loss.alpha * ((1 - t) * p).sum(axis=1) + loss.beta * (t * (1 - p)).sum(axis=1)
    return np.asarray(1 - (common + EPSILON) / (common + wrong + EPSILON))


# Each output's part, of losses that are a mean over the outputs; y is after the activation.
BY_OUTPUT: dict[str, Callable[[Array, Array, Any], Array]] = {
    "BinaryCrossentropy": lambda t, y, _: _binary(t, y),
    "BinaryFocalCrossentropy": _binary_focal,
    "Hinge": lambda t, y, _: np.maximum(1 - _signs(t) * y, 0),
    "Huber": lambda t, y, loss: _huber(y - t, loss.delta),
    "LogCosh": lambda t, y, _: np.log(np.cosh(y - t)),
    "MeanAbsoluteError": lambda t, y, _: np.abs(y - t),
    "MeanAbsolutePercentageError": lambda t, y, _: (
        100 * np.abs((t - y) / np.maximum(np.abs(t), EPSILON))
    ),
    "MeanSquaredError": lambda t, y, _: (y - t) ** 2,
    "MeanSquaredLogarithmicError": lambda t, y, _: (_logarithm(y) - _logarithm(t)) ** 2,
    "Poisson": lambda t, y, _: y - t * np.log(y + EPSILON),
    "SquaredHinge": lambda t, y, _: np.maximum(1 - _signs(t) * y, 0) ** 2,
}

BY_IMAGE: dict[str, Callable[[Array, Array, Any], Array]] = {
    "CategoricalCrossentropy": lambda t, y, _: -(t * np.log(y)).sum(axis=1),
    "SparseCategoricalCrossentropy": lambda t, y, _: -(t * np.log(y)).sum(axis=1),
    "CategoricalFocalCrossentropy": lambda t, y, loss: (
        -loss.alpha * (1 - y) ** loss.gamma * t * np.log(y)
    ).sum(axis=1),
    "CategoricalGeneralizedCrossEntropy": lambda t, y, loss: (
        (1 - (t * y).sum(axis=1) ** loss.q) / loss.q
    ),
    "CategoricalHinge": lambda t, y, _: _categorical_hinge(t, y),
    "CosineSimilarity": lambda t, y, _: -(_normalized(t) * _normalized(y)).sum(axis=1),
    "Dice": lambda t, y, _: _dice(t, y),
    "KLDivergence": lambda t, y, _: _kl(t, y),
    "Tversky": _tversky,
}


def values(
    loss: Loss, t: Array, y: Array, output_weights: NDArray[np.floating] | None = None
) -> Array:
    """Each image's loss (n,), of targets and outputs (n, k) after the activation."""
    name = type(loss).__name__
    smoothing = getattr(loss, "label_smoothing", 0.0)
    if smoothing:
        even = 2 if name.startswith("Binary") else t.shape[1]
        t = t * (1 - smoothing) + smoothing / even
    if name in BY_IMAGE:
        return BY_IMAGE[name](t, y, loss)
    parts = BY_OUTPUT[name](t, y, loss)
    return np.asarray((parts if output_weights is None else parts * output_weights).mean(axis=1))


def slopes(
    loss: Loss, t: Array, z: Array, activation: str, output_weights: NDArray[np.floating] | None
) -> Array:
    """The derivative (n, k) of each image's loss by what the activation is applied to."""
    step, found = 1e-6, np.empty_like(z)
    for c in range(z.shape[1]):
        moved = np.zeros_like(z)
        moved[:, c] = step
        above, below = (
            values(loss, t, ACTIVATIONS[activation](z + way), output_weights)
            for way in (moved, -moved)
        )
        found[:, c] = (above - below) / (2 * step)
    return found
