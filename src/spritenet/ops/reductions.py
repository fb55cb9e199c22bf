"""Sums, means and maxima along axes; softmax; classes as rows of 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spritenet.errors import ModelError
from spritenet.ops.elementwise import exp, log, stop_gradient
from spritenet.ops.tensor import Derivative, Tensor, TensorLike, result, sum, tensor  # noqa: A004 - NumPy's name of sum

__all__ = ["arg_max", "concat", "log_softmax", "max", "mean", "one_hot", "softmax", "variance"]


def mean(
    x: TensorLike, axis: int | Sequence[int] | None = None, *, keepdims: bool = False
) -> Tensor:
    """Returns the mean along an axis, several, or all (None)."""
    return tensor(x).mean(axis, keepdims=keepdims)


def variance(
    x: TensorLike, axis: int | Sequence[int] | None = None, *, keepdims: bool = False
) -> Tensor:
    """Returns the mean square distance from the mean along an axis, several, or all (None)."""
    x = tensor(x)
    apart = x - mean(x, axis, keepdims=True)
    return mean(apart * apart, axis, keepdims=keepdims)


def max(x: TensorLike, axis: int, *, keepdims: bool = False) -> Tensor:  # noqa: A001 - as NumPy
    """Returns the largest value along an axis; of equal ones the first gets the gradient."""
    x = tensor(x)
    first = np.expand_dims(x.values.argmax(axis), axis)
    chosen = np.zeros(x.shape)
    np.put_along_axis(chosen, first, 1.0, axis)
    # Only the chosen ones: -inf, as padding is, times 0 is no number.
    alone = result(np.where(chosen == 0, 0.0, x.values), (x, lambda g, _: g * chosen))
    return sum(alone, axis, keepdims=keepdims)


def arg_max(x: TensorLike, axis: int = -1) -> NDArray[np.int64]:
    """Returns the index of the largest value along an axis, the first of equal ones; an array."""
    return np.asarray(tensor(x).values.argmax(axis), np.int64)


def softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """Returns e^x divided by its sum along an axis: positive, with a sum of 1."""
    return exp(log_softmax(x, axis))


def log_softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """Returns the logarithm of softmax, exact where softmax would round to 0."""
    x = tensor(x)
    apart = x - stop_gradient(x.values.max(axis, keepdims=True))  # softmax(x) = softmax(x - c)
    return apart - log(sum(exp(apart), axis, keepdims=True))


def one_hot(labels: ArrayLike, classes: int) -> Tensor:
    """Returns a row for each label: 1 at the label's place, else 0.

    Args:
        labels: integers from 0 to classes - 1, of any shape.
        classes: the length of a row.

    Raises:
        ModelError: a label is out of range or no integer.
    """
    given = np.asarray(labels)
    whole = given.astype(np.int64)
    if given.size and ((whole != given).any() or whole.min() < 0 or whole.max() >= classes):
        raise ModelError(
            "a label is out of range",
            where="one_hot",
            expected=f"integers from 0 to {classes - 1}",
            got=f"{given.min()} to {given.max()}",
        )
    return Tensor(np.eye(classes)[whole])


def concat(tensors: Sequence[TensorLike], axis: int = -1) -> Tensor:
    """Returns tensors joined along an axis; the lengths of the others are equal."""
    parts = [tensor(each) for each in tensors]
    try:
        values = np.concatenate([part.values for part in parts], axis)
    except ValueError:
        raise ModelError(
            "the tensors can't be joined",
            where="concat",
            expected="equal lengths on every other axis",
            got=", ".join(str(part.shape) for part in parts),
        ) from None
    at = axis % values.ndim
    ends = np.cumsum([part.shape[at] for part in parts])
    inputs = [
        (part, _taking((slice(None),) * at + (slice(int(end) - part.shape[at], int(end)),)))
        for part, end in zip(parts, ends, strict=True)
    ]
    return result(values, *inputs)


def _taking(place: tuple[slice, ...]) -> Derivative:
    return lambda g, _: g[place]
