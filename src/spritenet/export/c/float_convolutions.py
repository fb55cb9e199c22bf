"""The operations in float32 of convolutions and dense layers."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.export.c.float_weights import Step
from spritenet.export.c.geometry import check_fields, convolution_fields

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CONVOLUTIONS"]


def _bias(step: Step, count: int) -> NDArray[Any]:
    """The bias, or zeros."""
    return step.weights.get("bias", np.zeros(count, np.float32))


def _dense(step: Step) -> int:
    kernel = step.weights["kernel"]
    inputs, units = kernel.shape
    arrays = {"kernel": kernel.T, "bias": _bias(step, units)}
    sizes = (prod(step.shape[:-1]), inputs, units)
    return step.add("dense", step.inputs, *sizes, arrays=arrays, taps=True)


def _pointwise(step: Step, value: int, kernel: NDArray[Any]) -> int:
    """A convolution of 1×1: a dense layer on each pixel."""
    *_, inputs, units = kernel.shape
    arrays = {"kernel": kernel.reshape(inputs, units).T, "bias": _bias(step, units)}
    sizes = (prod(step.shape[:-1]), inputs, units)
    return step.add("dense", (value,), *sizes, arrays=arrays, taps=True)


def _conv2d(step: Step) -> int:
    layer, kernel = step.layer, step.weights["kernel"]
    if layer.kernel_size == layer.strides == (1, 1) and layer.groups == 1:
        return _pointwise(step, step.inputs[0], kernel)
    fields = convolution_fields(layer, step.input_shapes[0], step.shape, layer.groups)
    check_fields(layer.label, fields)
    arrays = {"kernel": kernel.transpose(3, 0, 1, 2), "bias": _bias(step, layer.filters)}
    return step.add(
        "convolve", step.inputs, struct="convolution", fields=fields, arrays=arrays, taps=True
    )


def _depthwise(step: Step) -> int:
    bias = _bias(step, step.shape[2])
    return _depthwise_part(step, step.program.value(step.shape), step.shape[2], bias)


def _depthwise_part(step: Step, output: int, filters: int, bias: NDArray[Any]) -> int:
    layer, kernel = step.layer, step.weights.get("depthwise_kernel", step.weights.get("kernel"))
    fields = convolution_fields(layer, step.input_shapes[0], (*step.shape[:2], filters))
    check_fields(layer.label, fields)
    arrays = {"kernel": kernel, "bias": bias}
    return step.call(
        "convolve_depthwise",
        step.inputs,
        output,
        struct="convolution",
        fields=fields,
        arrays=arrays,
        taps=True,
    )


def _separable(step: Step) -> int:
    filters = step.input_shapes[0][2] * step.layer.depth_multiplier
    between = step.program.value((*step.shape[:2], filters))
    _depthwise_part(step, between, filters, np.zeros(filters, np.float32))
    return _pointwise(step, between, step.weights["pointwise_kernel"])


def _transposed(step: Step) -> int:
    layer = step.layer
    fields = convolution_fields(layer, step.input_shapes[0], step.shape)
    for axis, name in ((0, "pad_top"), (1, "pad_left")):
        span = (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis] + 1
        over = (step.input_shapes[0][axis] - 1) * layer.strides[axis] + span - step.shape[axis]
        fields[name] = max(over, 0) // 2 if layer.padding == "same" else 0
    check_fields(layer.label, fields)
    arrays = {"kernel": step.weights["kernel"], "bias": _bias(step, layer.filters)}
    return step.add(
        "convolve_transposed", step.inputs, struct="convolution", fields=fields, arrays=arrays
    )


CONVOLUTIONS: dict[str, Callable[[Step], int]] = {
    "Conv2D": _conv2d,
    "Conv2DTranspose": _transposed,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise,
    "SeparableConv2D": _separable,
}
"""The function that lowers each layer, by its class."""
