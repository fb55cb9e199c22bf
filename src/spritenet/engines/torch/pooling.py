"""Pooling: the largest value or the mean of windows, padded as Keras does."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from spritenet.engines.torch.call import Call, Operator
from spritenet.engines.torch.convolutions import padding_of

__all__ = ["OPERATORS"]


def _window(
    call: Call, x: torch.Tensor
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int, int, int]]:
    """Returns size and strides of windows, and the padding: left, right, top, bottom."""
    size = call.get("pool_size")
    strides = call.get("strides") or size
    vertical, horizontal = (
        padding_of(x.shape[1 + axis], size[axis], strides[axis], call.get("padding"))
        for axis in (0, 1)
    )
    return size, strides, (*horizontal, *vertical)


def max_pooling(call: Call, x: torch.Tensor) -> torch.Tensor:
    """MaxPooling2D. Of equal values the first gets the gradient."""
    size, strides, sides = _window(call, x)
    x = x.permute(0, 3, 1, 2)
    if any(sides):
        x = functional.pad(x, sides, value=-math.inf)
    return functional.max_pool2d(x, size, strides).permute(0, 2, 3, 1)


def average_pooling(call: Call, x: torch.Tensor) -> torch.Tensor:
    """AveragePooling2D. What lies outside the image isn't counted."""
    size, strides, sides = _window(call, x)
    x = x.permute(0, 3, 1, 2)
    if not any(sides):
        return functional.avg_pool2d(x, size, strides).permute(0, 2, 3, 1)
    ones = functional.pad(x.new_ones(1, 1, *x.shape[2:]), sides)
    sums = functional.avg_pool2d(functional.pad(x, sides), size, strides, divisor_override=1)
    counts = functional.avg_pool2d(ones, size, strides, divisor_override=1)
    return (sums / counts).permute(0, 2, 3, 1)


def global_max_pooling(call: Call, x: torch.Tensor) -> torch.Tensor:
    """GlobalMaxPooling2D."""
    return x.flatten(1, 2).max(1).values.reshape(-1, *call.output_shape)


def global_average_pooling(call: Call, x: torch.Tensor) -> torch.Tensor:
    """GlobalAveragePooling2D."""
    return x.mean((1, 2)).reshape(-1, *call.output_shape)


OPERATORS: dict[str, Operator] = {
    "AveragePooling2D": average_pooling,
    "GlobalAveragePooling2D": global_average_pooling,
    "GlobalMaxPooling2D": global_max_pooling,
    "MaxPooling2D": max_pooling,
}
