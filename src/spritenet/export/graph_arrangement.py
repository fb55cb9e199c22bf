"""Operations that arrange values, and those that compute the shapes they are arranged to."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet import layers as kinds
from spritenet.export.error_location import quoted
from spritenet.export.graph_builder import Builder, Value
from spritenet.export.graph_nodes import GraphNode
from spritenet.export.graph_operands import Operand, Sides, array_of, axes_of, sides_of, tensor_of

__all__ = ["ARRANGEMENTS"]

FLOATS = ("DT_FLOAT", 1)
"""float32 in JSON."""


def _same(_: Builder, node: GraphNode, given: Sequence[Operand]) -> Operand:
    """Identity, and conversions between types of numbers."""
    if len(given) != 1:
        raise node.unsupported(f" of {len(given)} inputs")
    kind = node.attributes.get("DstT")
    name = kind.get("type") if isinstance(kind, dict) else None
    if node.op == "Cast" and isinstance(given[0], Value) and name not in FLOATS:
        raise node.unsupported(f" to {quoted(name)}")
    return given[0]


def _of_constant(node: GraphNode, compute: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """Returns an arrangement of a constant.

    Raises:
        ModelError: its shape doesn't fit.
    """
    try:
        return compute()
    except (ValueError, TypeError, OverflowError):
        raise node.unsupported(" of that constant") from None


def _arranged(builder: Builder, value: Value, shape: Sequence[int]) -> Value:
    """Returns a value in another shape."""
    if tuple(shape) == value.shape:
        return value
    if len(shape) == 1:
        return builder.add(kinds.Flatten, [value])
    return builder.add(kinds.Reshape, [value], {"target_shape": tuple(shape)})


def _reshape(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Operand:
    if not isinstance(given[0] if given else None, Value):
        constant, sizes = array_of(node, given, 0), array_of(node, given, 1)
        return _of_constant(node, lambda: constant.reshape(sizes.tolist()))
    value, wanted = tensor_of(node, given, 0), sides_of(node, given, 1)
    size, sides = math.prod(value.shape), list(wanted[1:])
    known = math.prod(side for side in sides if side not in (None, -1))
    if sides.count(-1) == 1 and known > 0 and not size % known:
        sides[sides.index(-1)] = size // known
    fits = wanted[:1] in ((None,), (-1,), (1,)) and None not in sides and -1 not in sides
    if not fits or not 1 <= len(sides) <= 3 or math.prod(s or 0 for s in sides) != size:
        shown = [-1 if side is None else side for side in wanted]
        raise node.unsupported(f" of {value.shape} to {shown}")
    return _arranged(builder, value, [side or 0 for side in sides])


def _squeeze(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Value:
    value = tensor_of(node, given, 0)
    rank = len(value.shape) + 1
    listed = node.wholes("squeeze_dims") or node.wholes("axis")
    axes = axes_of(node, np.array(listed), rank)
    if not axes:
        axes = {place + 1 for place, side in enumerate(value.shape) if side == 1}
    if 0 in axes or any(value.shape[axis - 1] != 1 for axis in axes):
        raise node.unsupported(f" over the axes {sorted(axes)}")
    kept = [side for place, side in enumerate(value.shape) if place + 1 not in axes]
    return _arranged(builder, value, kept or [1])


def _expand(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Value:
    value = tensor_of(node, given, 0)
    axes = axes_of(node, array_of(node, given, 1), len(value.shape) + 2)
    if len(axes) != 1 or 0 in axes or len(value.shape) > 2:
        raise node.unsupported(f" over the axes {sorted(axes)}")
    sides = list(value.shape)
    sides.insert(axes.pop() - 1, 1)
    return _arranged(builder, value, sides)


def _transpose(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Operand:
    if not isinstance(given[0] if given else None, Value):
        constant, axes = array_of(node, given, 0), array_of(node, given, 1)
        return _of_constant(node, lambda: constant.transpose(axes.tolist()))
    value, order = tensor_of(node, given, 0), array_of(node, given, 1).reshape(-1).tolist()
    if sorted(order) != list(range(len(value.shape) + 1)) or order[0] != 0:
        raise node.unsupported(f" of the axes {order}")
    return builder.add(kinds.Permute, [value], {"dims": order[1:]})


def _shape(_: Builder, node: GraphNode, given: Sequence[Operand]) -> Sides:
    return (None, *tensor_of(node, given, 0).shape)


def _slice(_: Builder, node: GraphNode, given: Sequence[Operand]) -> Sides:
    """StridedSlice of a shape."""
    if not given or isinstance(given[0], Value):
        raise node.unsupported(" of values")
    sides = sides_of(node, given, 0)
    begin, end, step = (sides_of(node, given, place) for place in (1, 2, 3))
    masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    from_start, to_end, *others, shrinks = (node.whole(key) for key in masks)
    if any(others) or not len(begin) == len(end) == len(step) == 1 or None in begin + end + step:
        raise node.unsupported("")
    if not step[0] or (shrinks and not -len(sides) <= (begin[0] or 0) < len(sides)):
        raise node.unsupported("")
    if shrinks:
        return (sides[begin[0] or 0],)
    return sides[None if from_start else begin[0] : None if to_end else end[0] : step[0]]


def _pack(_: Builder, node: GraphNode, given: Sequence[Operand]) -> Sides:
    """Pack and ConcatV2 of sides of a shape."""
    count = len(given) - (node.op == "ConcatV2")
    if any(isinstance(one, Value) for one in given):
        raise node.unsupported(" of values")
    return tuple(side for place in range(count) for side in sides_of(node, given, place))


ARRANGEMENTS: dict[str, Callable[[Builder, GraphNode, Sequence[Operand]], Operand]] = {
    **dict.fromkeys(
        ("Identity", "Cast", "StopGradient", "PreventGradient", "Snapshot", "EnsureShape"), _same
    ),
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "ExpandDims": _expand,
    "Transpose": _transpose,
    "Shape": _shape,
    "StridedSlice": _slice,
    "Pack": _pack,
    "ConcatV2": _pack,
}
"""The operations, and the function of each."""
