"""Convolutions, pooling and other layers of images as ONNX's operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from spritenet import layers as kinds
from spritenet.export.onnx.activation_writers import activated
from spritenet.export.onnx.graph_builder import GraphBuilder, Value
from spritenet.layers import Node, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Weights = Mapping[str, NDArray[np.float32]]
    """The weights of a layer by name."""

__all__ = [
    "center_crop",
    "conv2d",
    "conv2d_transpose",
    "cropping2d",
    "depthwise_conv2d",
    "global_pooling",
    "pooling",
    "resizing",
    "same_padding",
    "separable_conv2d",
    "up_sampling2d",
    "zero_padding2d",
]

Pair = tuple[int, int]


def same_padding(size: int, window: int, stride: int) -> Pair:
    """Returns the zeros before and after an axis that "same" stands for, as in TensorFlow."""
    total = max((ceil(size / stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def _pads(padding: str, shape: Shape, window: Pair, strides: Pair) -> list[int]:
    """Returns ONNX's pads: top, left, bottom, right."""
    if padding == "valid":
        return [0, 0, 0, 0]
    sides = [same_padding(*one) for one in zip(shape, window, strides, strict=False)]
    return [before for before, _ in sides] + [after for _, after in sides]


def _convolution(
    b: GraphBuilder,
    x: Value,
    layer: kinds.Conv2D | kinds.DepthwiseConv2D | kinds.SeparableConv2D,
    weights: Weights,
    kernel: str,
    groups: int,
    out: Shape,
) -> Value:
    """Adds a convolution, with its bias and activation if it is a layer's last."""
    size, strides, dilation = layer.kernel_size, layer.strides, layer.dilation_rate
    if kernel == "pointwise_kernel":
        size = strides = dilation = (1, 1)
    window = tuple((k - 1) * d + 1 for k, d in zip(size, dilation, strict=True))
    x = b.first(x)
    inputs = [x.name, b.weight(kernel, weights[kernel])]
    is_last = not (kernel == "depthwise_kernel" and "pointwise_kernel" in weights)
    if is_last and "bias" in weights:
        inputs.append(b.weight("bias", weights["bias"]))
    name = b.add(
        "Conv",
        *inputs,
        kernel_shape=list(size),
        strides=list(strides),
        dilations=list(dilation),
        pads=_pads(layer.padding, x.shape, (window[0], window[1]), strides),
        group=groups,
    )
    made = Value(name, out, True)
    return activated(b, made, layer.function) if is_last else made


def conv2d(
    b: GraphBuilder, layer: kinds.Conv2D, x: Sequence[Value], weights: Weights, node: Node
) -> Value:
    """Adds a Conv2D."""
    return _convolution(b, x[0], layer, weights, "kernel", layer.groups, node.output_shape)


def depthwise_conv2d(
    b: GraphBuilder, layer: kinds.DepthwiseConv2D, x: Sequence[Value], weights: Weights, node: Node
) -> Value:
    """Adds a DepthwiseConv2D: a group for each channel."""
    groups = x[0].shape[2]
    return _convolution(b, x[0], layer, weights, "depthwise_kernel", groups, node.output_shape)


def separable_conv2d(
    b: GraphBuilder, layer: kinds.SeparableConv2D, x: Sequence[Value], weights: Weights, node: Node
) -> Value:
    """Adds a SeparableConv2D: two convolutions."""
    channels = x[0].shape[2]
    middle = (*node.output_shape[:2], channels * layer.depth_multiplier)
    made = _convolution(b, x[0], layer, weights, "depthwise_kernel", channels, middle)
    return _convolution(b, made, layer, weights, "pointwise_kernel", 1, node.output_shape)


def conv2d_transpose(
    b: GraphBuilder, layer: kinds.Conv2DTranspose, x: Sequence[Value], weights: Weights, node: Node
) -> Value:
    """Adds a Conv2DTranspose: ONNX's crops as many rows and columns as "same" takes off."""
    first = b.first(x[0])
    before, after, more = [], [], []
    for axis in range(2):
        reach = (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis] + 1
        whole = (first.shape[axis] - 1) * layer.strides[axis] + reach
        over = whole - node.output_shape[axis]
        before.append(over // 2 if layer.padding == "same" and over > 0 else 0)
        after.append(max(over - before[axis], 0))
        more.append(max(-over, 0))
    inputs = [first.name, b.weight("kernel", weights["kernel"])]
    if "bias" in weights:
        inputs.append(b.weight("bias", weights["bias"]))
    name = b.add(
        "ConvTranspose",
        *inputs,
        kernel_shape=list(layer.kernel_size),
        strides=list(layer.strides),
        dilations=list(layer.dilation_rate),
        pads=before + after,
        output_padding=more,
    )
    return activated(b, Value(name, node.output_shape, True), layer.function)


def pooling(
    b: GraphBuilder,
    layer: kinds.MaxPooling2D | kinds.AveragePooling2D,
    x: Sequence[Value],
    _: Weights,
    node: Node,
) -> Value:
    """Adds a MaxPooling2D or AveragePooling2D; the average leaves padding out."""
    first = b.first(x[0])
    name = b.add(
        "MaxPool" if isinstance(layer, kinds.MaxPooling2D) else "AveragePool",
        first.name,
        kernel_shape=list(layer.pool_size),
        strides=list(layer.strides),
        pads=_pads(layer.padding, first.shape, layer.pool_size, layer.strides),
    )
    return Value(name, node.output_shape, True)


def global_pooling(
    b: GraphBuilder,
    layer: kinds.GlobalMaxPooling2D | kinds.GlobalAveragePooling2D,
    x: Sequence[Value],
    _: Weights,
    node: Node,
) -> Value:
    """Adds a global pooling."""
    is_max = isinstance(layer, kinds.GlobalMaxPooling2D)
    name = b.add("GlobalMaxPool" if is_max else "GlobalAveragePool", b.first(x[0]).name)
    if not layer.keepdims:
        name = b.add("Flatten", name)
    return Value(name, node.output_shape, True)


def zero_padding2d(
    b: GraphBuilder, layer: kinds.ZeroPadding2D, x: Sequence[Value], _: Weights, node: Node
) -> Value:
    """Adds a ZeroPadding2D."""
    (top, bottom), (left, right) = layer.padding
    before, after = [0, top, left, 0], [0, bottom, right, 0]
    if x[0].is_first:
        before, after = [0, 0, top, left], [0, 0, bottom, right]
    name = b.add("Pad", x[0].name, b.constant(before + after))
    return replace(x[0], name=name, shape=node.output_shape)


def _cropped(b: GraphBuilder, x: Value, top: int, left: int, out: Shape) -> Value:
    """Adds a Slice of rows and columns."""
    axes = [2, 3] if x.is_first else [1, 2]
    ends = [top + out[0], left + out[1]]
    name = b.add("Slice", x.name, b.constant([top, left]), b.constant(ends), b.constant(axes))
    return replace(x, name=name, shape=out)


def cropping2d(
    b: GraphBuilder, layer: kinds.Cropping2D, x: Sequence[Value], _: Weights, node: Node
) -> Value:
    """Adds a Cropping2D."""
    return _cropped(b, x[0], layer.cropping[0][0], layer.cropping[1][0], node.output_shape)


def center_crop(
    b: GraphBuilder, layer: kinds.CenterCrop, x: Sequence[Value], _: Weights, node: Node
) -> Value:
    """Adds a CenterCrop."""
    height, width = x[0].shape[:2]
    top, left = (height - layer.height) // 2, (width - layer.width) // 2
    return _cropped(b, x[0], top, left, node.output_shape)


def _scale(size: int, large: int) -> np.float32:
    """Returns the factor that brings a size to another: runtimes round their product down."""
    factor = np.float32(large / size)
    return (
        factor if np.float32(size) * factor >= large else np.nextafter(factor, np.float32(np.inf))
    )


def _bilinear(b: GraphBuilder, x: Value, out: Shape) -> Value:
    """Adds a bilinear Resize; the centers of pixels are at halves."""
    x = b.first(x)
    name = b.add(
        "Resize",
        x.name,
        "",
        b.constant([1, 1, *map(_scale, x.shape, out[:2])], "float32"),
        mode="linear",
        coordinate_transformation_mode="half_pixel",
    )
    return Value(name, out, True)


def up_sampling2d(
    b: GraphBuilder, layer: kinds.UpSampling2D, x: Sequence[Value], _: Weights, node: Node
) -> Value:
    """Adds an UpSampling2D."""
    if layer.interpolation == "bilinear":
        return _bilinear(b, x[0], node.output_shape)
    first = b.first(x[0])
    scales = b.constant([1, 1, *layer.size], "float32")
    name = b.add(
        "Resize",
        first.name,
        "",
        scales,
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )
    return Value(name, node.output_shape, True)


def resizing(
    b: GraphBuilder, layer: kinds.Resizing, x: Sequence[Value], _: Weights, node: Node
) -> Value:
    """Adds a Resizing; "nearest" gathers pixels, since a Resize rounds their places otherwise."""
    if layer.interpolation == "bilinear":
        return _bilinear(b, x[0], node.output_shape)
    name = x[0].name
    for axis in range(2):
        size, large = x[0].shape[axis], node.output_shape[axis]
        places = (2 * np.arange(large) + 1) * size // (2 * large)
        name = b.add("Gather", name, b.constant(places), axis=axis + (2 if x[0].is_first else 1))
    return replace(x[0], name=name, shape=node.output_shape)
