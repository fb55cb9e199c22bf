"""Operands of a graph's operations: values of layers, constants, and shapes with an open batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spritenet.export.error_location import quoted
from spritenet.export.graph_builder import Value

if TYPE_CHECKING:
    from spritenet.export.graph_nodes import GraphNode

__all__ = ["Operand", "Sides", "array_of", "axes_of", "sides_of", "tensor_of"]

Sides = tuple[int | None, ...]
"""A shape, or a part of one; None for the batch."""

Operand = Value | Sides | NDArray[Any]


def _operand(node: GraphNode, given: Sequence[Operand], place: int) -> Operand:
    """Returns an operand of a node.

    Raises:
        ModelError: it has fewer.
    """
    if place >= len(given):
        raise node.unsupported(f" of {len(given)} inputs")
    return given[place]


def tensor_of(node: GraphNode, given: Sequence[Operand], place: int) -> Value:
    """Returns an operand that a layer gives.

    Raises:
        ModelError: it is a constant.
    """
    operand = _operand(node, given, place)
    if not isinstance(operand, Value):
        raise node.unsupported(" of a constant")
    return operand


def array_of(node: GraphNode, given: Sequence[Operand], place: int) -> NDArray[Any]:
    """Returns an operand that is a constant.

    Raises:
        ModelError: it is computed from the images.
    """
    operand = _operand(node, given, place)
    if isinstance(operand, Value) or (isinstance(operand, tuple) and None in operand):
        name = quoted(node.inputs[place]) if place < len(node.inputs) else "an input"
        raise node.unsupported(f": {name} is no constant")
    return np.asarray(operand)


def sides_of(node: GraphNode, given: Sequence[Operand], place: int) -> Sides:
    """Returns an operand that is a shape or a part of one.

    Raises:
        ModelError: it is something else.
    """
    operand = _operand(node, given, place)
    if isinstance(operand, tuple):
        return operand
    values = array_of(node, given, place).reshape(-1)
    if values.size > 64 or values.dtype.kind not in "iub":
        raise node.unsupported(f" of a constant of {values.dtype}")
    return tuple(int(value) for value in values)


def axes_of(node: GraphNode, array: NDArray[Any], rank: int) -> set[int]:
    """Returns axes, counted from the batch, 0.

    Raises:
        ModelError: there are no such axes.
    """
    axes = {int(axis) + (rank if axis < 0 else 0) for axis in array.reshape(-1).tolist()}
    if not all(0 <= axis < rank for axis in axes):
        raise node.unsupported(f" over the axes {sorted(axes)}")
    return axes
