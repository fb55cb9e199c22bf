"""Values of an ONNX graph while it is read: constants, and tensors that depend on the images.

A tensor is the output of a layer, whose channels come last, seen in ONNX's order of axes and
perhaps reshaped. Transposes and reshapes only change that view; layers that change the order are
added where nothing else helps.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.layers import Shape

__all__ = ["FIRST", "Tensor", "Value", "rows_permuted"]

FIRST = (2, 0, 1)
"""The order of axes of n c h w."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """The output of a layer as an ONNX graph sees it.

    Attributes:
        index: of the layer; `IMAGES` for the images.
        layer_shape: of one output of the layer, channels last.
        order: for each axis of ONNX after the batch, the layer's.
        view: ONNX's shape without the batch if it is reshaped, row by row in that order.
    """

    index: int
    layer_shape: Shape
    order: tuple[int, ...]
    view: Shape | None = None

    @property
    def shape(self) -> Shape:
        """ONNX's shape without the batch."""
        return self.ordered_shape if self.view is None else self.view

    @property
    def ordered_shape(self) -> Shape:
        """The layer's shape in ONNX's order."""
        return tuple(self.layer_shape[axis] for axis in self.order)

    @property
    def in_order(self) -> bool:
        """True if ONNX has the values in the layer's order, apart from axes of 1."""
        long = [axis for axis in self.order if self.layer_shape[axis] != 1]
        return long == sorted(long)

    def viewed(self, shape: Shape) -> Tensor | None:
        """Returns the tensor reshaped; None if the sizes differ."""
        if prod(shape) != prod(self.layer_shape):
            return None
        view = None if shape == self.ordered_shape else shape
        return Tensor(self.index, self.layer_shape, self.order, view)

    def transposed(self, axes: tuple[int, ...]) -> Tensor:
        """Returns the tensor, which has no view, with its axes in another order."""
        return Tensor(self.index, self.layer_shape, tuple(self.order[axis] for axis in axes))


Value = Tensor | NDArray[Any]
"""A value of a graph."""


def rows_permuted(rows: NDArray[Any], x: Tensor) -> NDArray[Any]:
    """Returns rows that belong to a flattened tensor's values, in the layer's order."""
    if x.in_order:
        return rows
    rest = rows.shape[1:]
    back = [int(axis) for axis in np.argsort(x.order)]
    split = rows.reshape(*x.ordered_shape, *rest)
    moved = split.transpose(*back, *range(len(back), split.ndim))
    return moved.reshape(-1, *rest)
