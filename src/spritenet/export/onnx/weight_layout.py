"""Weights in ONNX's order of axes, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.layers import Shape

__all__ = ["from_onnx", "to_onnx"]

FILTERS_FIRST = ("kernel", "pointwise_kernel")
"""Kernels of images: h w in out here, out in h w in ONNX; a transposed one's in and out swap."""


def to_onnx(name: str, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns a weight as ONNX has it.

    Args:
        name: the weight's, like "kernel".
        values: in Keras's order.
    """
    if name in FILTERS_FIRST and values.ndim == 4:
        return values.transpose(3, 2, 0, 1)
    if name == "depthwise_kernel":
        height, width, channels, multiplier = values.shape
        moved = values.transpose(2, 3, 0, 1)
        return moved.reshape(channels * multiplier, 1, height, width)
    return np.moveaxis(values, -1, 0) if name == "alpha" else values


def from_onnx(name: str, values: NDArray[Any], shape: Shape, where: str) -> NDArray[np.float32]:
    """Returns a weight of a shape from what ONNX has.

    Raises:
        ModelError: its shape is another.
    """
    expected = to_onnx(name, np.broadcast_to(np.float32(0), shape)).shape
    if values.shape != expected or values.dtype.kind != "f":
        raise ModelError(
            "the weights have the wrong shape or type",
            where=where,
            expected=list(expected),
            got=f"{list(values.shape)} {values.dtype}",
        )
    made = values.astype(np.float32)
    if name in FILTERS_FIRST and len(shape) == 4:
        return made.transpose(2, 3, 1, 0)
    if name == "depthwise_kernel":
        return made.reshape(shape[2], shape[3], shape[0], shape[1]).transpose(2, 3, 0, 1)
    return np.moveaxis(made, 0, -1) if name == "alpha" else made
