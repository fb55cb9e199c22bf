"""TensorFlow's operations as layers: for each, the layer that computes the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet import layers as kinds
from spritenet.export.graph_arrangement import ARRANGEMENTS
from spritenet.export.graph_builder import Builder, Value
from spritenet.export.graph_nodes import GraphNode
from spritenet.export.graph_operands import Operand, array_of, axes_of, tensor_of
from spritenet.layers import Layer

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["OPERATIONS", "Operand"]

Operation = Callable[[Builder, GraphNode, Sequence[Operand]], Operand]

ACTIVATIONS = {
    "Relu": "relu",
    "Relu6": "relu6",
    "Elu": "elu",
    "Selu": "selu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
    "Exp": "exponential",
}
MERGES: dict[str, type[Layer]] = {
    "Add": kinds.Add,
    "AddV2": kinds.Add,
    "AddN": kinds.Add,
    "Sub": kinds.Subtract,
    "Mul": kinds.Multiply,
    "Maximum": kinds.Maximum,
    "Minimum": kinds.Minimum,
}
PADDINGS = {"SAME": "same", "VALID": "valid"}


def _windows(node: GraphNode, key: str) -> tuple[int, int]:
    """Returns height and width of an attribute of four, n h w c.

    Raises:
        ModelError: it has others.
    """
    four = node.wholes(key) or [1, 1, 1, 1]
    if len(four) != 4 or four[0] != 1 or four[3] != 1 or min(four) < 1:
        raise node.unsupported(f" with {key} {four}")
    return four[1], four[2]


def _check_layout(node: GraphNode) -> None:
    """Raise ModelError if channels are not last."""
    layout = node.text("data_format", "NHWC")
    if layout != "NHWC":
        raise node.unsupported(f" with data_format {layout}")


def _padded(builder: Builder, node: GraphNode, value: Value, arguments: dict[str, object]) -> Value:
    """Puts the padding of a node into arguments, or a ZeroPadding2D before it."""
    padding = node.text("padding", "VALID")
    if padding != "EXPLICIT":
        if padding not in PADDINGS:
            raise node.unsupported(f" with padding {padding}")
        arguments["padding"] = PADDINGS[padding]
        return value
    sides = node.wholes("explicit_paddings")
    if len(sides) != 8 or any(sides[:2] + sides[6:]) or min(sides) < 0:
        raise node.unsupported(f" with explicit_paddings {sides}")
    arguments["padding"] = "valid"
    around = ((sides[2], sides[3]), (sides[4], sides[5]))
    return builder.add(kinds.ZeroPadding2D, [value], {"padding": around})


def _convolution(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Value:
    """Conv2D, DepthwiseConv2dNative, and their fused forms."""
    _check_layout(node)
    value, kernel = tensor_of(node, given, 0), array_of(node, given, 1)
    if kernel.ndim != 4:
        raise node.unsupported(f" of a kernel of {kernel.ndim} axes")
    strides, dilation = _windows(node, "strides"), _windows(node, "dilations")
    arguments: dict[str, object] = {"strides": strides, "dilation_rate": dilation}
    arguments |= {"kernel_size": kernel.shape[:2], "use_bias": False}
    value = _padded(builder, node, value, arguments)
    if "Depthwise" in node.op:
        arguments["depth_multiplier"] = kernel.shape[3]
        kind: type[Layer] = kinds.DepthwiseConv2D
    else:
        channels = value.shape[-1]
        groups = channels // kernel.shape[2] if kernel.shape[2] else 1
        arguments |= {"filters": kernel.shape[3], "groups": max(1, groups)}
        kind = kinds.Conv2D
    return _fused(builder, node, given, kind, value, arguments, kernel)


def _matrix_product(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Value:
    """MatMul by a constant, and its fused form."""
    value, kernel = tensor_of(node, given, 0), array_of(node, given, 1)
    if node.flag("transpose_a") or node.flag("adj_x") or kernel.ndim != 2:
        raise node.unsupported(" of transposed images" if kernel.ndim == 2 else "")
    kernel = kernel.T if node.flag("transpose_b") or node.flag("adj_y") else kernel
    arguments = {"units": kernel.shape[1], "use_bias": False}
    return _fused(builder, node, given, kinds.Dense, value, arguments, kernel)


def _fused(
    builder: Builder,
    node: GraphNode,
    given: Sequence[Operand],
    kind: type[Layer],
    value: Value,
    arguments: dict[str, object],
    kernel: NDArray[Any],
) -> Value:
    """Adds a layer with the bias and activation that are fused with its operation."""
    fused, extra, weights = node.texts("fused_ops"), 2, [kernel]
    if fused[:1] == ["BiasAdd"]:
        arguments["use_bias"] = True
        weights.append(array_of(node, given, extra).reshape(-1))
        fused, extra = fused[1:], extra + 1
    if len(fused) > 1:
        raise node.unsupported(f" fused with {', '.join(fused)}")
    if not fused or fused[0] in ACTIVATIONS:
        arguments["activation"] = ACTIVATIONS[fused[0]] if fused else "linear"
        return builder.add(kind, [value], arguments, weights)
    value = builder.add(kind, [value], arguments, weights)
    if fused == ["LeakyRelu"]:
        slope = node.number("leakyrelu_alpha", 0.2)
        return builder.add(kinds.LeakyReLU, [value], {"negative_slope": slope})
    if fused == ["Prelu"]:
        return _prelu_of(builder, node, value, array_of(node, given, extra))
    raise node.unsupported(f" fused with {fused[0]}")


def _prelu_of(builder: Builder, node: GraphNode, value: Value, alpha: NDArray[Any]) -> Value:
    """A PReLU with given slopes: one, one for each channel, or one for each value."""
    axes = len(value.shape)
    sides = (1,) * (axes - alpha.ndim) + alpha.shape[-axes:]
    if len(sides) != axes or any(s not in (1, n) for s, n in zip(sides, value.shape, strict=True)):
        raise node.unsupported(f" with alpha of {alpha.shape}")
    alpha = alpha.reshape(sides)
    if sides[-1] != value.shape[-1]:
        sides = (*sides[:-1], value.shape[-1])
        alpha = np.broadcast_to(alpha, sides)
    shared = [axis + 1 for axis, side in enumerate(sides[:-1]) if side == 1]
    return builder.add(kinds.PReLU, [value], {"shared_axes": shared or None}, [alpha])


def _prelu(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Value:
    return _prelu_of(builder, node, tensor_of(node, given, 0), array_of(node, given, 1))


def _leaky(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Value:
    slope = node.number("alpha", 0.2)
    return builder.add(kinds.LeakyReLU, [tensor_of(node, given, 0)], {"negative_slope": slope})


def _activation(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Value:
    arguments = {"activation": ACTIVATIONS[node.op]}
    return builder.add(kinds.Activation, [tensor_of(node, given, 0)], arguments)


def _bias_add(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Operand:
    _check_layout(node)
    return _elementwise(builder, node, given)


def _elementwise(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Operand:
    """Sums, differences, products and quotients, with a constant or of two values."""
    op = {"AddV2": "Add", "BiasAdd": "Add"}.get(node.op, node.op)
    values = [one for one in given if isinstance(one, Value)]
    if len(values) == len(given) and op in MERGES:
        if len({len(one.shape) for one in values}) > 1:
            raise node.unsupported(" of values with different numbers of axes")
        return values[0] if len(values) == 1 else builder.add(MERGES[op], values)
    if len(given) != 2 or len(values) != 1 or op not in ("Add", "Sub", "Mul", "RealDiv"):
        raise node.unsupported(" of constants")
    (value,) = values
    place = 1 if given[0] is value else 0
    constant = array_of(node, given, place).astype(np.float32)
    if constant.size != 1 and constant.shape[-1:] != value.shape[-1:]:
        raise node.unsupported(f" of a constant of {constant.shape}")
    if constant.size not in (1, value.shape[-1]):
        raise node.unsupported(f" of a constant of {constant.shape}")
    constant = constant.reshape(-1)
    one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
    if op == "Add":
        joined = builder.with_bias(value, node.inputs[1 - place], constant)
        return joined or builder.affine(value, one, constant)
    if op == "Sub":
        minus = place == 0
        return builder.affine(value, -one if minus else one, constant if minus else -constant)
    if op == "RealDiv":
        if place == 0 or not constant.all():
            raise node.unsupported(" by a value" if place == 0 else " by 0")
        return builder.affine(value, np.float32(1) / constant, zero)
    return builder.affine(value, constant, zero)


def _batch_normalization(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Value:
    """FusedBatchNorm in inference."""
    _check_layout(node)
    entry = node.attributes.get("is_training")
    if isinstance(entry, dict) and entry.get("b") is True:
        raise node.unsupported(" in training")
    arrays = [array_of(node, given, place) for place in range(1, 5)]
    epsilon = node.number("epsilon", 1e-4)
    value = tensor_of(node, given, 0)
    return builder.add(kinds.BatchNormalization, [value], {"epsilon": epsilon}, arrays)


def _pooling(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Value:
    _check_layout(node)
    kind = kinds.MaxPooling2D if node.op == "MaxPool" else kinds.AveragePooling2D
    windows, strides = _windows(node, "ksize"), _windows(node, "strides")
    arguments: dict[str, object] = {"pool_size": windows, "strides": strides}
    padding = node.text("padding", "VALID")
    if padding not in PADDINGS:
        raise node.unsupported(f" with padding {padding}")
    arguments["padding"] = PADDINGS[padding]
    return builder.add(kind, [tensor_of(node, given, 0)], arguments)


def _reduction(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Value:
    """Mean and Max over height and width."""
    value = tensor_of(node, given, 0)
    axes = axes_of(node, array_of(node, given, 1), len(value.shape) + 1)
    if sorted(axes) != [1, 2] or len(value.shape) != 3:
        raise node.unsupported(f" over the axes {sorted(axes)}")
    kind = kinds.GlobalAveragePooling2D if node.op == "Mean" else kinds.GlobalMaxPooling2D
    return builder.add(kind, [value], {"keepdims": node.flag("keep_dims")})


def _resize(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Value:
    """ResizeBilinear with half-pixel centres; ResizeNearestNeighbor by integer factors."""
    value, size = tensor_of(node, given, 0), array_of(node, given, 1).reshape(-1).tolist()
    if len(size) != 2 or len(value.shape) != 3 or node.flag("align_corners"):
        raise node.unsupported(" with align_corners" if len(size) == 2 else "")
    height, width = (int(side) for side in size)
    if node.op == "ResizeBilinear":
        if not node.flag("half_pixel_centers"):
            raise node.unsupported(" without half_pixel_centers")
        return builder.add(kinds.Resizing, [value], {"height": height, "width": width})
    if height % value.shape[0] or width % value.shape[1] or min(height, width) < 1:
        raise node.unsupported(" by factors that are no integers")
    factors = (height // value.shape[0], width // value.shape[1])
    return builder.add(kinds.UpSampling2D, [value], {"size": factors})


def _concatenation(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Operand:
    """ConcatV2 along the channels, or of sides of a shape."""
    if not any(isinstance(one, Value) for one in given):
        return ARRANGEMENTS["ConcatV2"](builder, node, given)
    values = [tensor_of(node, given, place) for place in range(len(given) - 1)]
    rank = len(values[0].shape) + 1
    axes = axes_of(node, array_of(node, given, len(given) - 1), rank)
    if axes != {rank - 1}:
        raise node.unsupported(f" along the axes {sorted(axes)}")
    return values[0] if len(values) == 1 else builder.add(kinds.Concatenate, values)


def _zero_padding(builder: Builder, node: GraphNode, given: Sequence[Operand]) -> Value:
    value, sides = tensor_of(node, given, 0), array_of(node, given, 1).tolist()
    filled = array_of(node, given, 2) if node.op == "PadV2" else np.zeros(1)
    plain = len(value.shape) == 3 and np.shape(sides) == (4, 2) and sides[0] == sides[3] == [0, 0]
    if not plain or math.fsum(np.abs(filled).reshape(-1)) != 0:
        raise node.unsupported(f" by {sides}")
    return builder.add(kinds.ZeroPadding2D, [value], {"padding": sides[1:3]})


OPERATIONS: dict[str, Operation] = {
    **ARRANGEMENTS,
    **dict.fromkeys(ACTIVATIONS, _activation),
    **dict.fromkeys((*MERGES, "RealDiv"), _elementwise),
    **dict.fromkeys(
        ("Conv2D", "_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative"),
        _convolution,
    ),
    **dict.fromkeys(("MatMul", "_FusedMatMul", "BatchMatMulV2"), _matrix_product),
    **dict.fromkeys(
        ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), _batch_normalization
    ),
    **dict.fromkeys(("MaxPool", "AvgPool"), _pooling),
    **dict.fromkeys(("Mean", "Max"), _reduction),
    **dict.fromkeys(("ResizeBilinear", "ResizeNearestNeighbor"), _resize),
    **dict.fromkeys(("Pad", "PadV2"), _zero_padding),
    "BiasAdd": _bias_add,
    "ConcatV2": _concatenation,
    "LeakyRelu": _leaky,
    "Prelu": _prelu,
}
"""Every supported operation, and the function that adds its layers."""
