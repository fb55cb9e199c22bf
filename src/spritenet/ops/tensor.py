"""Tensors that know what they were computed from.

A `Tensor` holds an array and, for each tensor that it was computed from, a *derivative*: the
function that makes of the gradient by the result the gradient by that input.

    y = exp(x)    y.values = np.exp(x.values);   gradient by x: gradient by y, times y
    z = sum(y)    z.values = y.values.sum();     gradient by y: gradient by z, for every value

Back-propagation (`differentiation.gradients`) is then a walk back from the last tensor. Derivatives
are computed with tensors themselves, so a gradient can be differentiated again.

Here are arithmetic and shapes, from which the rest is composed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import EllipsisType
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spritenet.errors import ModelError

__all__ = [
    "Array",
    "Derivative",
    "Tensor",
    "TensorLike",
    "Variable",
    "add",
    "broadcast_to",
    "divide",
    "gather",
    "mat_mul",
    "multiply",
    "negative",
    "power",
    "reshape",
    "result",
    "scatter",
    "sum",
    "sum_to",
    "tensor",
    "transpose",
]

Array = NDArray[np.float64]
Derivative = Callable[["Tensor", "Tensor"], "Tensor"]
"""The gradient by the result, and the result -> the gradient by one input."""

Part = int | slice | NDArray[np.int64] | NDArray[np.bool_] | None | EllipsisType
Index = Part | tuple[Part, ...]
"""As in NumPy: `x[0]`, `x[:, 1:3]`, `x[places]`, `x[mask]`."""


class Tensor:
    """An array of float64 that remembers how it was computed.

    Arithmetic works as in NumPy, with broadcasting: `x + 1`, `x * y`, `x @ w`, `-x`, `x[0]`.

    Attributes:
        values: the array, float64.
        inputs: the tensors it was computed from that lead to a variable, each with its derivative.
    """

    __slots__ = ("inputs", "values")
    __array_priority__ = 100  # NumPy leaves `array + tensor` to the tensor

    def __init__(self, values: ArrayLike, inputs: Sequence[tuple[Tensor, Derivative]] = ()) -> None:
        self.values: Array = np.asarray(values, np.float64)
        self.inputs = tuple(inputs)

    @property
    def is_tracked(self) -> bool:
        """True if it depends on a variable, so that it can have a gradient."""
        return bool(self.inputs)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.values.ndim

    @property
    def size(self) -> int:
        """The number of values."""
        return self.values.size

    def numpy(self) -> Array:
        """Returns the array, float64, not a copy."""
        return self.values

    def __repr__(self) -> str:
        """Returns the values, as NumPy prints them."""
        text = np.array2string(self.values, separator=", ", prefix="Tensor(")
        return f"{type(self).__name__}({text})"

    def __len__(self) -> int:
        """The length of the first axis."""
        return len(self.values)

    def __float__(self) -> float:
        """The one value."""
        return float(self.values.item())

    def __array__(
        self, dtype: np.dtype | None = None, copy: bool | None = None
    ) -> NDArray[np.generic]:
        """The values, for NumPy's functions: without a gradient."""
        return np.array(self.values, dtype) if copy else np.asarray(self.values, dtype)

    def __add__(self, other: TensorLike) -> Tensor:
        return add(self, other)

    def __radd__(self, other: TensorLike) -> Tensor:
        return add(other, self)

    def __sub__(self, other: TensorLike) -> Tensor:
        return add(self, negative(other))

    def __rsub__(self, other: TensorLike) -> Tensor:
        return add(other, negative(self))

    def __mul__(self, other: TensorLike) -> Tensor:
        return multiply(self, other)

    def __rmul__(self, other: TensorLike) -> Tensor:
        return multiply(other, self)

    def __truediv__(self, other: TensorLike) -> Tensor:
        return divide(self, other)

    def __rtruediv__(self, other: TensorLike) -> Tensor:
        return divide(other, self)

    def __pow__(self, exponent: float) -> Tensor:
        return power(self, exponent)

    def __matmul__(self, other: TensorLike) -> Tensor:
        return mat_mul(self, other)

    def __rmatmul__(self, other: TensorLike) -> Tensor:
        return mat_mul(other, self)

    def __neg__(self) -> Tensor:
        return negative(self)

    def __getitem__(self, index: Index) -> Tensor:
        return gather(self, index)

    def reshape(self, shape: Sequence[int]) -> Tensor:
        """Returns the values in another shape; see `reshape`."""
        return reshape(self, shape)

    def sum(self, axis: int | Sequence[int] | None = None, *, keepdims: bool = False) -> Tensor:
        """Returns the sum along axes; see `sum`."""
        return sum(self, axis, keepdims=keepdims)

    def mean(self, axis: int | Sequence[int] | None = None, *, keepdims: bool = False) -> Tensor:
        """Returns the mean along axes."""
        total = sum(self, axis, keepdims=keepdims)
        return total * (total.size / max(self.size, 1))


TensorLike = Tensor | ArrayLike


class Variable(Tensor):
    """A tensor whose values are changed by training.

    Args:
        initial: the first values, a tensor or an array.
        name: shown in `repr` and in errors.
    """

    __slots__ = ("name",)

    def __init__(self, initial: TensorLike, name: str = "") -> None:
        super().__init__(np.array(tensor(initial).values))
        self.name = name

    @property
    def is_tracked(self) -> bool:
        """True: it can have a gradient."""
        return True

    def assign(self, values: TensorLike) -> None:
        """Replaces the values. Tensors computed before keep theirs.

        Raises:
            ModelError: the shape is another.
        """
        new = np.array(tensor(values).values)
        if new.shape != self.shape:
            where = f"variable {self.name}".rstrip()
            raise ModelError("another shape", where=where, expected=self.shape, got=new.shape)
        self.values = new


def tensor(values: TensorLike) -> Tensor:
    """Returns values as a tensor: numbers, nested lists, NumPy arrays; a tensor as it is.

    Raises:
        ModelError: they aren't numbers, or rows have different lengths.
    """
    if isinstance(values, Tensor):
        return values
    try:
        return Tensor(values)
    except (TypeError, ValueError):
        raise ModelError("can't make a tensor", expected="numbers", got=repr(values)[:60]) from None


def result(values: Array, *inputs: tuple[Tensor, Derivative]) -> Tensor:
    """Returns the result of an operation, which remembers those inputs that can have a gradient."""
    return Tensor(values, [each for each in inputs if each[0].is_tracked])


def _fits(operation: str, a: Tensor, b: Tensor) -> None:
    """Raises ModelError for shapes that can't be broadcast to each other."""
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        got = f"{a.shape} and {b.shape}"
        wanted = "lengths equal or 1, from the last axis on"
        raise ModelError("shapes don't fit", where=operation, expected=wanted, got=got) from None


def add(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns a + b, with broadcasting."""
    a, b = tensor(a), tensor(b)
    _fits("add", a, b)
    return result(
        a.values + b.values,
        (a, lambda g, _: sum_to(g, a.shape)),
        (b, lambda g, _: sum_to(g, b.shape)),
    )


def multiply(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns a · b, value by value, with broadcasting."""
    a, b = tensor(a), tensor(b)
    _fits("multiply", a, b)
    return result(
        a.values * b.values,
        (a, lambda g, _: sum_to(g * b, a.shape)),
        (b, lambda g, _: sum_to(g * a, b.shape)),
    )


def divide(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns a / b, value by value, with broadcasting."""
    a, b = tensor(a), tensor(b)
    _fits("divide", a, b)
    return result(
        a.values / b.values,
        (a, lambda g, _: sum_to(g / b, a.shape)),
        (b, lambda g, y: sum_to(-(g * y) / b, b.shape)),
    )


def negative(x: TensorLike) -> Tensor:
    """Returns -x."""
    x = tensor(x)
    return result(-x.values, (x, lambda g, _: -g))


def power(x: TensorLike, exponent: float) -> Tensor:
    """Returns x to a power that is a number."""
    x, e = tensor(x), float(exponent)
    if e == 0:
        return Tensor(np.ones(x.shape))
    return result(x.values**e, (x, lambda g, _: g * (power(x, e - 1) * e)))


def mat_mul(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the product of matrices.

    Args:
        a: shape (…, m, k).
        b: shape (…, k, n).

    Returns:
        The shape (…, m, n).

    Raises:
        ModelError: the inner lengths differ, or one isn't a matrix.
    """
    a, b = tensor(a), tensor(b)
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-2]:
        raise ModelError(
            "the matrices can't be multiplied",
            where="mat_mul",
            expected="shapes (…, m, k) and (…, k, n)",
            got=f"{a.shape} and {b.shape}",
        )
    return result(
        a.values @ b.values,
        (a, lambda g, _: sum_to(g @ _turned(b), a.shape)),
        (b, lambda g, _: sum_to(_turned(a) @ g, b.shape)),
    )


def _turned(x: Tensor) -> Tensor:
    return transpose(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def reshape(x: TensorLike, shape: Sequence[int]) -> Tensor:
    """Returns the same values in another shape; a length of -1 follows from the others.

    Raises:
        ModelError: the shape has room for another number of values.
    """
    x = tensor(x)
    try:
        values = x.values.reshape(tuple(shape))
    except ValueError:
        raise ModelError(
            "the new shape has room for another number of values",
            where="reshape",
            expected=f"{x.size} values, as of {x.shape}",
            got=tuple(shape),
        ) from None
    return result(values, (x, lambda g, _: reshape(g, x.shape)))


def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Tensor:
    """Returns the values with their axes reversed, or in the order of `axes`."""
    x = tensor(x)
    order = tuple(reversed(range(x.ndim))) if axes is None else tuple(axes)
    if sorted(order) != list(range(x.ndim)):
        wanted = f"each of 0 to {x.ndim - 1} once"
        raise ModelError("wrong axes", where="transpose", expected=wanted, got=order)
    back = tuple(int(i) for i in np.argsort(order))
    return result(x.values.transpose(order), (x, lambda g, _: transpose(g, back)))


def broadcast_to(x: TensorLike, shape: Sequence[int]) -> Tensor:
    """Returns the values repeated along axes of length 1 or missing in front."""
    x, to = tensor(x), tuple(shape)
    return result(np.broadcast_to(x.values, to), (x, lambda g, _: sum_to(g, x.shape)))


def sum_to(x: TensorLike, shape: Sequence[int]) -> Tensor:
    """Returns the sums of what `broadcast_to` would repeat: its derivative."""
    x, to = tensor(x), tuple(shape)
    if x.shape == to:
        return x
    ahead = x.ndim - len(to)
    single = [ahead + i for i, side in enumerate(to) if side == 1]
    values = x.values.sum(axis=(*range(ahead), *single), keepdims=True).reshape(to)
    return result(values, (x, lambda g, _: broadcast_to(g, x.shape)))


def sum(  # noqa: A001 - NumPy's and TensorFlow.js's name
    x: TensorLike, axis: int | Sequence[int] | None = None, *, keepdims: bool = False
) -> Tensor:
    """Returns the sum along an axis, several, or all.

    Args:
        x: the values.
        axis: an axis or several; None for all.
        keepdims: True keeps the axes with a length of 1.
    """
    x = tensor(x)
    axes = range(x.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    gone = {a % x.ndim for a in axes}
    kept = tuple(1 if i in gone else side for i, side in enumerate(x.shape))
    total = sum_to(x, kept)
    if keepdims:
        return total
    return reshape(total, [side for i, side in enumerate(x.shape) if i not in gone])


def gather(x: TensorLike, index: Index) -> Tensor:
    """Returns the values at an index, as `x[index]` in NumPy: slices, arrays of places, masks."""
    x = tensor(x)
    return result(np.asarray(x.values[index]), (x, lambda g, _: scatter(g, index, x.shape)))


def scatter(
    x: TensorLike,
    index: Index,
    shape: Sequence[int],
) -> Tensor:
    """Returns zeros of a shape with the values added at an index: the derivative of `gather`."""
    x = tensor(x)
    values = np.zeros(tuple(shape))
    if any(isinstance(part, np.ndarray) for part in np.index_exp[index]):
        np.add.at(values, cast("NDArray[np.int64]", index), x.values)  # a place may occur twice
    else:
        values[index] = x.values
    return result(values, (x, lambda g, _: gather(g, index)))
