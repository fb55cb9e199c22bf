"""Convolutions and Dense, as Keras pads and lays them out."""

from __future__ import annotations

import torch
from torch.nn import functional

from spritenet.engines.torch.call import Call, Operator

__all__ = ["OPERATORS", "padding_of"]

Sides = tuple[int, int]


def padding_of(size: int, window: int, stride: int, padding: str) -> Sides:
    """Returns the rows or columns before and after an axis: of an odd number, one more after."""
    if padding == "valid":
        return 0, 0
    missing = max((-(-size // stride) - 1) * stride + window - size, 0)
    return missing // 2, missing - missing // 2


def _effective(kernel: int, dilation: int) -> int:
    return (kernel - 1) * dilation + 1


def _convolved(
    call: Call, x: torch.Tensor, kernel: torch.Tensor, groups: int, bias: torch.Tensor | None
) -> torch.Tensor:
    """Returns a convolution of n h w c by a kernel (out, in / groups, height, width)."""
    strides, dilation = call.get("strides"), call.get("dilation_rate")
    sides = [
        padding_of(
            x.shape[1 + axis],
            _effective(kernel.shape[2 + axis], dilation[axis]),
            strides[axis],
            call.get("padding"),
        )
        for axis in (0, 1)
    ]
    (top, bottom), (left, right) = sides
    x = x.permute(0, 3, 1, 2)
    padding = (top, left)
    if top != bottom or left != right:
        x, padding = functional.pad(x, (left, right, top, bottom)), (0, 0)
    y = functional.conv2d(x, kernel, bias, strides, padding, dilation, groups)
    return y.permute(0, 2, 3, 1)


def conv2d(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Conv2D. Kernel (height, width, in / groups, out)."""
    kernel = call.weights["kernel"].permute(3, 2, 0, 1)
    return _convolved(call, x, kernel, call.get("groups"), call.weights.get("bias"))


def _depthwise(call: Call, x: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    kernel = call.weights["depthwise_kernel"]
    height, width, channels, each = kernel.shape
    turned = kernel.permute(2, 3, 0, 1).reshape(channels * each, 1, height, width)
    return _convolved(call, x, turned, channels, bias)


def depthwise_conv2d(call: Call, x: torch.Tensor) -> torch.Tensor:
    """DepthwiseConv2D. Kernel (height, width, channel, filter)."""
    return _depthwise(call, x, call.weights.get("bias"))


def separable_conv2d(call: Call, x: torch.Tensor) -> torch.Tensor:
    """SeparableConv2D: a depthwise convolution, then one of 1 × 1."""
    kernel = call.weights["pointwise_kernel"]
    matrix = kernel.reshape(kernel.shape[2:]).T
    return functional.linear(_depthwise(call, x, None), matrix, call.weights.get("bias"))


def conv2d_transpose(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Conv2DTranspose, of TensorFlow's size. Kernel (height, width, out, in)."""
    kernel = call.weights["kernel"].permute(3, 2, 0, 1)
    strides, dilation = call.get("strides"), call.get("dilation_rate")
    y = functional.conv_transpose2d(
        x.permute(0, 3, 1, 2), kernel, None, strides, dilation=dilation
    ).permute(0, 2, 3, 1)
    pads: list[int] = []
    for axis in (0, 1):
        size, wanted = y.shape[1 + axis], call.output_shape[axis]
        over = size - wanted
        before = over // 2 if call.get("padding") == "same" and over > 0 else 0
        pads = [-before, wanted - size + before, *pads]
    y = functional.pad(y, (0, 0, *pads))
    bias = call.weights.get("bias")
    return y if bias is None else y + bias


def dense(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Dense, over the last axis."""
    return functional.linear(x, call.weights["kernel"].T, call.weights.get("bias"))


OPERATORS: dict[str, Operator] = {
    "Conv2D": conv2d,
    "Conv2DTranspose": conv2d_transpose,
    "Dense": dense,
    "DepthwiseConv2D": depthwise_conv2d,
    "SeparableConv2D": separable_conv2d,
}
