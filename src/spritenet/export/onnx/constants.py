"""Nodes of an ONNX graph whose inputs are all constant, computed while it is read.

Exporters leave some: shapes that a Reshape takes, kernels that are reshaped or transposed. Only
what they leave is computed, and no result is larger than its inputs allow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.export.onnx.nodes import Node
from spritenet.export.onnx.values import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["BATCH", "FOLDED", "folded", "new_shape", "shape_of"]

BATCH = -(1 << 40)
"""The size of the batch in a tensor's shape, which the file doesn't know."""

LARGEST = 1 << 16
"""Numbers of a result that is larger than its inputs, at most."""

CASTS = {1: "<f4", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2", 11: "<f8"}


def shape_of(x: Tensor) -> Array:
    """Returns the result of a Shape."""
    return np.array([BATCH, *x.shape], np.int64)


def new_shape(node: Node, old: Sequence[int], wanted: Sequence[int]) -> tuple[int, ...]:
    """Returns the shape that a Reshape gives.

    Args:
        node: the Reshape.
        old: the shape of its input.
        wanted: its second input; 0 keeps a size, -1 is what is left.

    Raises:
        ModelError: the sizes don't fit.
    """
    keeps = not node.whole("allowzero", 0)
    sizes = [old[i] if n == 0 and keeps and i < len(old) else n for i, n in enumerate(wanted)]
    left = [place for place, size in enumerate(sizes) if size == -1]
    known = prod(size for size in sizes if size != -1)
    if len(left) == 1 and known > 0 and prod(old) % known == 0:
        sizes[left[0]] = prod(old) // known
    if prod(sizes) != prod(old) or min(sizes, default=1) < 0:
        raise node.refuse("a shape that doesn't fit", expected=list(old), got=list(wanted))
    return tuple(sizes)


def _axes(node: Node, place: int, rank: int) -> tuple[int, ...]:
    """Returns the axes that a node names, at least 0."""
    axes = node.integers("axes", place) or ()
    if any(not -rank <= axis < rank for axis in axes):
        raise node.refuse("invalid axes", got=list(axes))
    return tuple(axis % rank for axis in axes)


def _reshape(node: Node, x: Array, *_: Array) -> Array:
    return x.reshape(new_shape(node, x.shape, node.integers("shape", 1) or ()))


def _transpose(node: Node, x: Array) -> Array:
    axes = node.wholes("perm") or tuple(reversed(range(x.ndim)))
    if sorted(axes) != list(range(x.ndim)):
        raise node.refuse("invalid perm", got=list(axes))
    return x.transpose(axes)


def _squeeze(node: Node, x: Array, *_: Array) -> Array:
    axes = _axes(node, 1, x.ndim) or tuple(a for a, size in enumerate(x.shape) if size == 1)
    if any(x.shape[axis] != 1 for axis in axes):
        raise node.refuse("invalid axes", got=list(axes))
    return x.squeeze(axes)


def _unsqueeze(node: Node, x: Array, *_: Array) -> Array:
    count = len(node.integers("axes", 1) or ())
    axes = _axes(node, 1, x.ndim + count)
    if len(set(axes)) != count or x.ndim + count > 8:
        raise node.refuse("invalid axes", got=list(axes))
    return np.expand_dims(x, axes)


def _concat(node: Node, *x: Array) -> Array:
    if sum(each.size for each in x) > max(LARGEST, *(each.size for each in x)):
        raise node.refuse("constants that are too large")
    return np.concatenate(x, node.whole("axis", 0))


def _gather(node: Node, x: Array, places: Array) -> Array:
    if places.dtype.kind not in "iu" or places.size > LARGEST or x.size > LARGEST:
        raise node.refuse("unsupported constants")
    return np.take(x, places, node.whole("axis", 0))


def _slice(node: Node, x: Array, *_: Array) -> Array:
    starts, ends = node.integers("starts", 1) or (), node.integers("ends", 2) or ()
    axes = _axes(node, 3, x.ndim) or tuple(range(min(len(starts), x.ndim)))
    steps = node.integers("steps", 4) or (1,) * len(starts)
    cuts = [slice(None)] * x.ndim
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise node.refuse("unsupported starts, ends or steps")
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        cuts[axis] = slice(start, end, step)
    return x[tuple(cuts)]


def _cast(node: Node, x: Array) -> Array:
    to = node.whole("to", 0)
    if to not in CASTS:
        raise node.refuse("unsupported type", got=to)
    return x.astype(CASTS[to])


def _filled(node: Node, x: Array) -> Array:
    sizes = [int(size) for size in x.reshape(-1)[:8]]
    value = node.attributes.get("value")
    if x.size > 8 or any(not 0 <= size <= LARGEST for size in sizes) or prod(sizes) > LARGEST:
        raise node.refuse("unsupported size", got=sizes)
    filling = np.zeros(1, np.float32) if value is None else value.reshape(-1)[:1]
    return np.full(sizes, filling[0], filling.dtype)


def _arithmetic(function: Callable[..., Array]) -> Callable[..., Array]:
    """Returns a function of arrays, whose result may not outgrow them."""

    def compute(node: Node, *x: Array) -> Array:
        size = prod(np.broadcast_shapes(*(each.shape for each in x)))
        if size > max(LARGEST, *(each.size for each in x)):
            raise node.refuse("constants that are too large", got=size)
        with np.errstate(all="ignore"):  # what isn't finite is refused as a weight
            return function(*x)

    return compute


def _divided(a: Array, b: Array) -> Array:
    whole = a.dtype.kind in "iu"
    result: Array = np.trunc(a / np.where(b == 0, 1, b)).astype(a.dtype) if whole else a / b
    return result


FOLDED: dict[str, Callable[..., Array]] = {
    "Add": _arithmetic(np.add),
    "Cast": _cast,
    "Concat": _concat,
    "ConstantOfShape": _filled,
    "Div": _arithmetic(_divided),
    "Gather": _gather,
    "Identity": lambda _, x: x,
    "Max": _arithmetic(lambda *x: np.maximum.reduce(np.broadcast_arrays(*x))),
    "Min": _arithmetic(lambda *x: np.minimum.reduce(np.broadcast_arrays(*x))),
    "Mul": _arithmetic(np.multiply),
    "Neg": _arithmetic(np.negative),
    "Reciprocal": _arithmetic(np.reciprocal),
    "Reshape": _reshape,
    "Slice": _slice,
    "Sqrt": _arithmetic(np.sqrt),
    "Squeeze": _squeeze,
    "Sub": _arithmetic(np.subtract),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
"""The operators that are computed on constants."""


def folded(node: Node, x: Sequence[Array]) -> Array:
    """Returns the result of a node of constants.

    Raises:
        ModelError: it is unsupported, or its inputs don't fit.
    """
    try:
        return np.asarray(FOLDED[node.operator](node, *x))
    except (ValueError, TypeError, IndexError, OverflowError, MemoryError) as error:
        raise node.refuse("constants that don't fit", got=str(error)) from None
