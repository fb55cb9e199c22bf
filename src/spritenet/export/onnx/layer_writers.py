"""Each layer as ONNX's operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export.onnx import image_writers as images
from spritenet.export.onnx.activation_writers import activated, relu
from spritenet.export.onnx.graph_builder import GraphBuilder, Value
from spritenet.layers import IMAGES, ActivationLayer, Graph, Node, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Weights = Mapping[str, NDArray[np.float32]]
    Writer = Callable[[GraphBuilder, Any, Sequence[Value], Weights, Node], Value]
    """Adds a layer, given its inputs, its weights by name and its shapes; returns its output."""

__all__ = ["WRITERS", "write_layers"]

SHORTEST = 1e-12
"""The least squared length that a UnitNormalization divides by."""


def _same(_: GraphBuilder, __: object, x: Sequence[Value], ___: Weights, ____: Node) -> Value:
    """Returns the input of a layer that changes nothing when predicting."""
    return x[0]


def _activation(
    b: GraphBuilder, layer: ActivationLayer, x: Sequence[Value], _: Weights, __: Node
) -> Value:
    return activated(b, x[0], layer.function)


def _relu(b: GraphBuilder, layer: kinds.ReLU, x: Sequence[Value], _: Weights, __: Node) -> Value:
    return relu(b, x[0], layer)


def _softmax(
    b: GraphBuilder, layer: kinds.Softmax, x: Sequence[Value], _: Weights, __: Node
) -> Value:
    axis = layer.axis if layer.axis < 0 else layer.axis - 1 - len(x[0].shape)
    return activated(b, x[0], layer.function, axis)


def _prelu(
    b: GraphBuilder, _: kinds.PReLU, x: Sequence[Value], weights: Weights, __: Node
) -> Value:
    first = b.first(x[0])
    return replace(first, name=b.add("PRelu", first.name, b.weight("alpha", weights["alpha"])))


def _merge(operator: str, *, pairwise: bool = False) -> Writer:
    """Returns the writer of a layer that merges its inputs value by value."""

    def write(b: GraphBuilder, _: object, x: Sequence[Value], __: Weights, node: Node) -> Value:
        given = _aligned(b, x)
        name = given[0].name
        if not pairwise:
            name = b.add(operator, *(value.name for value in given))
        else:
            for value in given[1:]:
                name = b.add(operator, name, value.name)
        return replace(given[0], name=name, shape=node.output_shape)

    return write


def _aligned(b: GraphBuilder, x: Sequence[Value]) -> list[Value]:
    """Returns values in one order of axes: channels first if they are for most."""
    wide = [value for value in x if len(value.shape) > 1]
    is_first = 2 * sum(value.is_first for value in wide) > len(wide)
    return [b.first(value) if is_first else b.last(value) for value in x]


def _concatenate(
    b: GraphBuilder, _: kinds.Concatenate, x: Sequence[Value], __: Weights, node: Node
) -> Value:
    given = _aligned(b, x)
    axis = 1 if given[0].is_first else -1
    name = b.add("Concat", *(value.name for value in given), axis=axis)
    return replace(given[0], name=name, shape=node.output_shape)


def _rescaling(
    b: GraphBuilder, layer: kinds.Rescaling, x: Sequence[Value], _: Weights, __: Node
) -> Value:
    name = x[0].name
    if layer.scale != 1:
        name = b.add("Mul", name, b.constant(layer.scale, "float32"))
    if layer.offset:
        name = b.add("Add", name, b.constant(layer.offset, "float32"))
    return replace(x[0], name=name)


def _dense(
    b: GraphBuilder, layer: kinds.Dense, x: Sequence[Value], weights: Weights, node: Node
) -> Value:
    last = b.last(x[0])
    names = [b.weight(name, values) for name, values in weights.items()]
    if len(last.shape) == 1:
        name = b.add("Gemm", last.name, *names)
    else:
        name = b.add("MatMul", last.name, names[0])
        for bias in names[1:]:
            name = b.add("Add", name, bias)
    return activated(b, Value(name, node.output_shape), layer.function)


def _batch_normalization(
    b: GraphBuilder, layer: kinds.BatchNormalization, x: Sequence[Value], w: Weights, _: Node
) -> Value:
    first = b.first(x[0])
    names = [
        *_scale_and_center(b, w, first.shape[-1]),
        b.weight("moving_mean", w["moving_mean"]),
        b.weight("moving_variance", w["moving_variance"]),
    ]
    name = b.add("BatchNormalization", first.name, *names, epsilon=layer.epsilon)
    return replace(first, name=name)


def _normalization(
    b: GraphBuilder, layer: kinds.Normalization, x: Sequence[Value], w: Weights, _: Node
) -> Value:
    """Adds a Normalization; its deviation is at least Keras's 1e-7."""
    last = b.last(x[0])
    variance = b.add("Max", b.weight("variance", w["variance"]), b.constant(1e-14, "float32"))
    mean, deviation = b.weight("mean", w["mean"]), b.add("Sqrt", variance)
    if layer.invert:
        return replace(last, name=b.add("Add", b.add("Mul", last.name, deviation), mean))
    return replace(last, name=b.add("Div", b.add("Sub", last.name, mean), deviation))


def _scale_and_center(b: GraphBuilder, weights: Weights, channels: int) -> list[str]:
    """Returns gamma and beta; ones and zeros where there is none."""
    return [
        b.weight(name, weights[name])
        if name in weights
        else b.constant(np.full(channels, filling), "float32")
        for name, filling in (("gamma", 1), ("beta", 0))
    ]


def _layer_normalization(
    b: GraphBuilder, layer: kinds.LayerNormalization, x: Sequence[Value], w: Weights, _: Node
) -> Value:
    last = b.last(x[0])
    names = _scale_and_center(b, w, last.shape[-1])
    name = b.add("LayerNormalization", last.name, *names, axis=-1, epsilon=layer.epsilon)
    return replace(last, name=name)


def _group_normalization(
    b: GraphBuilder, layer: kinds.GroupNormalization, x: Sequence[Value], w: Weights, _: Node
) -> Value:
    first = b.first(x[0])
    channels = first.shape[-1]
    groups = channels if layer.groups == -1 else layer.groups
    names = _scale_and_center(b, w, channels)
    name = b.add("GroupNormalization", first.name, *names, num_groups=groups, epsilon=layer.epsilon)
    return replace(first, name=name)


def _rms_normalization(
    b: GraphBuilder, layer: kinds.RMSNormalization, x: Sequence[Value], w: Weights, _: Node
) -> Value:
    last = b.last(x[0])
    square = b.add("ReduceMean", b.add("Mul", last.name, last.name), b.constant([-1]))
    root = b.add("Sqrt", b.add("Add", square, b.constant(layer.epsilon, "float32")))
    name = b.add("Mul", b.add("Div", last.name, root), b.weight("scale", w["scale"]))
    return replace(last, name=name)


def _unit_normalization(
    b: GraphBuilder, _: kinds.UnitNormalization, x: Sequence[Value], __: Weights, ___: Node
) -> Value:
    last = b.last(x[0])
    square = b.add("ReduceSumSquare", last.name, b.constant([-1]))
    root = b.add("Sqrt", b.add("Max", square, b.constant(SHORTEST, "float32")))
    return replace(last, name=b.add("Div", last.name, root))


def _flatten(
    b: GraphBuilder, _: kinds.Flatten, x: Sequence[Value], __: Weights, node: Node
) -> Value:
    if len(x[0].shape) == 1:
        return x[0]
    return Value(b.add("Flatten", b.last(x[0]).name), node.output_shape)


def _reshape(
    b: GraphBuilder, _: kinds.Reshape, x: Sequence[Value], __: Weights, node: Node
) -> Value:
    shape = b.constant([0, *node.output_shape])
    return Value(b.add("Reshape", b.last(x[0]).name, shape), node.output_shape)


def _permute(
    b: GraphBuilder, layer: kinds.Permute, x: Sequence[Value], _: Weights, node: Node
) -> Value:
    name = b.add("Transpose", b.last(x[0]).name, perm=[0, *layer.dims])
    return Value(name, node.output_shape)


WRITERS: dict[str, Writer] = {
    "Activation": _activation,
    "Add": _merge("Sum"),
    "AlphaDropout": _same,
    "Average": _merge("Mean"),
    "AveragePooling2D": images.pooling,
    "BatchNormalization": _batch_normalization,
    "CenterCrop": images.center_crop,
    "Concatenate": _concatenate,
    "Conv2D": images.conv2d,
    "Conv2DTranspose": images.conv2d_transpose,
    "Cropping2D": images.cropping2d,
    "Dense": _dense,
    "DepthwiseConv2D": images.depthwise_conv2d,
    "Dropout": _same,
    "ELU": _activation,
    "Flatten": _flatten,
    "GaussianDropout": _same,
    "GaussianNoise": _same,
    "GlobalAveragePooling2D": images.global_pooling,
    "GlobalMaxPooling2D": images.global_pooling,
    "GroupNormalization": _group_normalization,
    "Identity": _same,
    "LayerNormalization": _layer_normalization,
    "LeakyReLU": _activation,
    "Maximum": _merge("Max"),
    "MaxPooling2D": images.pooling,
    "Minimum": _merge("Min"),
    "Multiply": _merge("Mul", pairwise=True),
    "Permute": _permute,
    "Normalization": _normalization,
    "PReLU": _prelu,
    "ReLU": _relu,
    "Rescaling": _rescaling,
    "Reshape": _reshape,
    "Resizing": images.resizing,
    "RMSNormalization": _rms_normalization,
    "SeparableConv2D": images.separable_conv2d,
    "Softmax": _softmax,
    "SpatialDropout2D": _same,
    "Subtract": _merge("Sub", pairwise=True),
    "UnitNormalization": _unit_normalization,
    "UpSampling2D": images.up_sampling2d,
    "ZeroPadding2D": images.zero_padding2d,
}
"""The writer of each layer; random layers, which act in training alone, have none."""


def write_layers(
    b: GraphBuilder,
    graph: Graph,
    input_shape: Shape,
    parameters: NDArray[np.float32],
    images_name: str,
) -> Value:
    """Adds all layers and returns the output, channels last.

    Args:
        b: the graph.
        graph: named, without random layers.
        input_shape: of the images.
        parameters: all weights in layer order.
        images_name: the float32 images in the graph.

    Raises:
        ModelError: a layer is unsupported, or a weight too large.
    """
    outputs: list[Value] = []
    offset = 0
    source = Value(images_name, input_shape)
    for node in graph.nodes(input_shape):
        weights = {}
        for weight in node.weights:
            values = parameters[offset : offset + weight.size].reshape(weight.shape)
            weights[weight.name] = values
            offset += weight.size
        b.layer = node.layer.label
        write = WRITERS.get(node.layer.class_name)
        if write is None:
            raise ModelError(
                "ONNX has no operators for the layer", where=b.layer, got=node.layer.class_name
            )
        given = [source if index == IMAGES else outputs[index] for index in node.inputs]
        outputs.append(write(b, node.layer, given, weights, node))
    b.layer = "output"
    return b.last(outputs[-1])
