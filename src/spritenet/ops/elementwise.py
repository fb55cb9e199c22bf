"""Functions of one value, and choices between two, each with its derivative beside it."""

from __future__ import annotations

import numpy as np

from spritenet.ops.tensor import Array, Tensor, TensorLike, result, sum_to, tensor

__all__ = [
    "absolute",
    "clip",
    "elu",
    "exp",
    "leaky_relu",
    "log",
    "maximum",
    "minimum",
    "relu",
    "sigmoid",
    "softplus",
    "sqrt",
    "square",
    "stop_gradient",
    "tanh",
    "where",
]


def exp(x: TensorLike) -> Tensor:
    """Returns e to the power of x."""
    x = tensor(x)
    return result(np.exp(x.values), (x, lambda g, y: g * y))


def log(x: TensorLike) -> Tensor:
    """Returns the natural logarithm."""
    x = tensor(x)
    return result(np.log(x.values), (x, lambda g, _: g / x))


def sqrt(x: TensorLike) -> Tensor:
    """Returns the square root."""
    x = tensor(x)
    return result(np.sqrt(x.values), (x, lambda g, y: g / (2 * y)))


def square(x: TensorLike) -> Tensor:
    """Returns x²."""
    x = tensor(x)
    return x * x


def absolute(x: TensorLike) -> Tensor:
    """Returns |x|; its derivative at 0 is 0."""
    x = tensor(x)
    return result(np.abs(x.values), (x, lambda g, _: g * np.sign(x.values)))


def sigmoid(x: TensorLike) -> Tensor:
    """Returns 1 / (1 + e^-x)."""
    x = tensor(x)
    values = np.exp(-np.logaddexp(0, -x.values))  # never overflows
    return result(values, (x, lambda g, y: g * (y * (1 - y))))


def tanh(x: TensorLike) -> Tensor:
    """Returns the hyperbolic tangent."""
    x = tensor(x)
    return result(np.tanh(x.values), (x, lambda g, y: g * (1 - y * y)))


def softplus(x: TensorLike) -> Tensor:
    """Returns log(1 + e^x)."""
    x = tensor(x)
    return result(np.logaddexp(0, x.values), (x, lambda g, _: g * sigmoid(x)))


def relu(x: TensorLike) -> Tensor:
    """Returns x where it is positive, else 0; its derivative at 0 is 0."""
    return leaky_relu(x, 0.0)


def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> Tensor:
    """Returns x where it is positive, else x times a slope."""
    x = tensor(x)
    slope = np.where(x.values > 0, 1.0, negative_slope)
    return result(x.values * slope, (x, lambda g, _: g * slope))


def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Returns x where it is positive, else alpha (e^x - 1)."""
    x = tensor(x)
    below = minimum(x, 0.0)
    return where(x.values > 0, x, (exp(below) - 1) * alpha)


def maximum(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the larger of two values; of equal ones the first, which gets the gradient."""
    a, b = tensor(a), tensor(b)
    return where(a.values >= b.values, a, b)


def minimum(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the smaller of two values; of equal ones the first, which gets the gradient."""
    a, b = tensor(a), tensor(b)
    return where(a.values <= b.values, a, b)


def clip(x: TensorLike, low: float, high: float) -> Tensor:
    """Returns x kept from `low` to `high`; outside no gradient passes."""
    return minimum(maximum(x, low), high)


def where(condition: TensorLike, a: TensorLike, b: TensorLike) -> Tensor:
    """Returns `a` where the condition holds (isn't 0), else `b`; with broadcasting."""
    holds: Array = (tensor(condition).values != 0).astype(np.float64)
    a, b = tensor(a), tensor(b)
    chosen = np.where(holds != 0, a.values, b.values)
    shape = chosen.shape
    from_a, from_b = np.broadcast_to(holds, shape), np.broadcast_to(1 - holds, shape)
    return result(
        chosen,
        (a, lambda g, _: sum_to(g * from_a, a.shape)),
        (b, lambda g, _: sum_to(g * from_b, b.shape)),
    )


def stop_gradient(x: TensorLike) -> Tensor:
    """Returns the same values as a constant: no gradient passes."""
    return Tensor(tensor(x).values)
