"""ONNX's other operators as layers: products, sums, normalizations, reshapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet import layers as kinds
from spritenet.export.onnx.activation_readers import ACTIVATION_READERS, merged
from spritenet.export.onnx.constants import new_shape
from spritenet.export.onnx.image_readers import IMAGE_READERS
from spritenet.export.onnx.network_builder import NetworkBuilder
from spritenet.export.onnx.nodes import Node
from spritenet.export.onnx.values import FIRST, Tensor, rows_permuted
from spritenet.layers import Layer, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reader = Callable[[NetworkBuilder, Node], Tensor]

__all__ = ["READERS"]

BATCH_LIKE = 1
FLOATS = (1, 10, 11, 16)
"""TensorProto's floating-point types."""


def _same(_: NetworkBuilder, node: Node) -> Tensor:
    return node.tensor()


def _cast(_: NetworkBuilder, node: Node) -> Tensor:
    if node.whole("to", 1) not in FLOATS:
        raise node.refuse("unsupported type", expected="float", got=node.whole("to", 0))
    return node.tensor()


def _dense(
    net: NetworkBuilder, node: Node, kernel: NDArray[np.float32], bias: NDArray[np.float32] | None
) -> Tensor:
    """Adds a Dense layer on the last axis of ONNX."""
    x = node.tensor()
    if len(x.shape) == 1:
        kernel, x = rows_permuted(kernel, x), net.flattened(x)
    else:
        x = net.plain(x)
        if x.order[-1] != len(x.order) - 1:
            x = net.ordered(x, tuple(range(len(x.order))))
    layer = kinds.Dense(kernel.shape[1], use_bias=bias is not None)
    weights = [np.ascontiguousarray(kernel)] + ([] if bias is None else [bias])
    return net.add(layer, [x], weights)


def _gemm(net: NetworkBuilder, node: Node) -> Tensor:
    x = node.tensor()
    if len(x.shape) != 1 or node.whole("transA", 0):
        raise node.refuse("unsupported inputs", expected="vectors, and transA 0")
    size = x.shape[0]
    turned = node.whole("transB", 0)
    kernel = node.weights(1, (None, size) if turned else (size, None))
    kernel = np.float32(node.number("alpha", 1.0)) * (kernel.T if turned else kernel)
    bias = node.constant(2, floats=True)
    if bias is not None:
        if bias.size not in (1, kernel.shape[1]):
            raise node.refuse("a bias of another shape", got=list(bias.shape))
        scaled = np.float32(node.number("beta", 1.0)) * bias.reshape(-1)
        bias = np.broadcast_to(scaled, (kernel.shape[1],)).astype(np.float32)
    return _dense(net, node, kernel, bias)


def _matmul(net: NetworkBuilder, node: Node) -> Tensor:
    x = node.tensor()
    kernel = node.constant(1, floats=True)
    if kernel is None or kernel.ndim != 2 or not x.shape or kernel.shape[0] != x.shape[-1]:
        got = None if kernel is None else list(kernel.shape)
        raise node.refuse("unsupported inputs", expected="a matrix for the last axis", got=got)
    return _dense(net, node, kernel, None)


def _arithmetic(layer: Callable[[], Layer] | None) -> Reader:
    """Returns the reader of an operator on tensors, or on one and a constant.

    Args:
        layer: that of several tensors; None if there is none.
    """

    def read(net: NetworkBuilder, node: Node) -> Tensor:
        constants = [value for value in node.values if isinstance(value, np.ndarray)]
        if not constants:
            if layer is None:
                raise node.refuse("unsupported of two tensors")
            return merged(net, layer(), [node.tensor(place) for place in range(len(node.values))])
        if len(node.values) != 2 or len(constants) != 1:
            raise node.refuse("unsupported inputs", expected="a tensor and a constant")
        place = 0 if isinstance(node.value(0), Tensor) else 1
        return _with_constant(net, node, node.tensor(place), constants[0], tensor_first=place == 0)

    return read


def _with_constant(
    net: NetworkBuilder, node: Node, x: Tensor, constant: NDArray[Any], *, tensor_first: bool
) -> Tensor:
    """Adds an affine map: `x + c`, `x · c`, `x - c`, `c - x` or `x / c`."""
    x, values = _per_channel(net, node, x, constant)
    zero, one = np.zeros_like(values), np.ones_like(values)
    if node.operator in ("Add", "Sum"):
        return net.affine(x, one, values)
    if node.operator == "Mul":
        return net.affine(x, values, zero)
    if node.operator == "Sub":
        return net.affine(x, one, -values) if tensor_first else net.affine(x, -one, values)
    if not tensor_first or (values == 0).any():
        raise node.refuse("unsupported division", expected="by a constant that is not 0")
    return net.affine(x, 1 / values, zero)


def _per_channel(
    net: NetworkBuilder, node: Node, x: Tensor, constant: NDArray[Any]
) -> tuple[Tensor, NDArray[np.float64]]:
    """Returns a tensor, and a constant as a number or as one for each channel.

    Raises:
        ModelError: it is neither.
    """
    values = constant.astype(np.float64)
    if constant.dtype.kind == "f" and constant.dtype.itemsize == 4 and constant.size == 1:
        values = np.array(float(str(constant.reshape(-1)[0])))
    if values.size == 1:
        return x, values.reshape(())
    x = net.plain(x)
    rank = len(x.order)
    sides = values.shape[-rank:] if values.ndim > rank else values.shape
    if int(np.prod(sides)) != values.size:
        raise node.refuse("unsupported constant, of a shape of its own", got=list(values.shape))
    whole = values.reshape((1,) * (rank - len(sides)) + sides)
    long = [axis for axis in range(rank) if whole.shape[axis] != 1]
    if len(long) != 1 or x.shape[long[0]] != values.size:
        raise node.refuse("unsupported constant, of a shape of its own", got=list(values.shape))
    if x.order[long[0]] != rank - 1:
        rest = [axis for axis in range(rank) if axis != long[0]]
        order = [0] * rank
        for place, axis in enumerate([*rest, long[0]]):
            order[axis] = place
        x = net.ordered(x, tuple(order))
    return x, values.reshape(-1)


def _batch_normalization(net: NetworkBuilder, node: Node) -> Tensor:
    if node.whole("training_mode", 0) or node.whole("spatial", 1) != 1:
        raise node.refuse("unsupported training_mode or spatial")
    x = net.channels(node.tensor())
    channels = x.layer_shape[-1]
    weights = [node.weights(place, (channels,)) for place in range(1, 5)]
    return net.add(kinds.BatchNormalization(epsilon=node.number("epsilon", 1e-5)), [x], weights)


def _layer_normalization(net: NetworkBuilder, node: Node) -> Tensor:
    x = net.plain(node.tensor())
    rank = len(x.order)
    if node.whole("axis", -1) not in (-1, rank) or x.order[-1] != rank - 1:
        raise node.refuse("unsupported axis", expected="the channels", got=node.whole("axis", -1))
    channels = x.layer_shape[-1]
    weights = [node.weights(1, (channels,))]
    center = node.value(2) is not None
    weights += [node.weights(2, (channels,))] if center else []
    layer = kinds.LayerNormalization(epsilon=node.number("epsilon", 1e-5), center=center)
    return net.add(layer, [x], weights)


def _instance_normalization(net: NetworkBuilder, node: Node) -> Tensor:
    """Reads one of images, or of groups of channels that a Reshape made, as PyTorch writes it."""
    x, epsilon = node.tensor(), node.number("epsilon", 1e-5)
    groups = x.shape[0]
    scale, bias = node.weights(1, (groups,)), node.weights(2, (groups,))
    grouped = x.view is not None and x.order == FIRST and len(x.view) == 2
    if grouped and x.layer_shape[2] % groups == 0 and (scale == 1).all() and not bias.any():
        layer = kinds.GroupNormalization(groups, epsilon=epsilon, scale=False, center=False)
        return net.add(layer, [x])
    layer = kinds.GroupNormalization(-1, epsilon=epsilon)
    return net.add(layer, [net.channels(x)], [scale, bias])


def _group_normalization(net: NetworkBuilder, node: Node) -> Tensor:
    x, groups = net.channels(node.tensor()), node.whole("num_groups", 1)
    channels = x.layer_shape[-1]
    if groups < 1 or channels % groups:
        raise node.refuse("invalid num_groups", got=groups)
    count = channels if node.opset >= 21 else groups
    rows = [np.repeat(node.weights(place, (count,)), channels // count) for place in (1, 2)]
    layer = kinds.GroupNormalization(groups, epsilon=node.number("epsilon", 1e-5))
    return net.add(layer, [x], rows)


def _viewed(node: Node, x: Tensor, shape: Shape) -> Tensor:
    """Returns a tensor in another shape.

    Raises:
        ModelError: the sizes differ.
    """
    found = x.viewed(shape)
    if found is None:
        raise node.refuse("a shape that doesn't fit", expected=list(x.shape), got=list(shape))
    return found


def _reshape(_: NetworkBuilder, node: Node) -> Tensor:
    x = node.tensor()
    wanted = list(node.integers("shape", 1) or ())
    size = int(np.prod(x.shape))
    if not wanted:
        raise node.refuse("no shape")
    rest = wanted[1:]
    if wanted[0] == -1 and -1 not in rest:  # the batch is what is left
        wanted[0] = 0
    if wanted[0] >= 0 and not (wanted[0] == 0 and not node.whole("allowzero", 0)):
        # A batch of the size that the exporter saw.
        keeps = [x.shape[i] if n == 0 and i < len(x.shape) else n for i, n in enumerate(rest)]
        known = int(np.prod([n for n in keeps if n != -1]))
        if (known if -1 not in keeps else size) != size:
            raise node.refuse("a shape that mixes images", got=wanted)
    shape = new_shape(node, (1, *x.shape), [1, *rest])
    return _viewed(node, x, shape[1:])


def _flatten(_: NetworkBuilder, node: Node) -> Tensor:
    x = node.tensor()
    axis = node.whole("axis", 1)
    if axis not in (1, -len(x.shape)):
        raise node.refuse("unsupported axis", expected=1, got=axis)
    return _viewed(node, x, (int(np.prod(x.shape)),))


def _squeeze(_: NetworkBuilder, node: Node) -> Tensor:
    x = node.tensor()
    rank = len(x.shape) + 1
    axes = node.integers("axes", 1)
    if axes is None:
        axes = tuple(place + 1 for place, size in enumerate(x.shape) if size == 1)
    gone = {axis % rank for axis in axes}
    if 0 in gone or any(x.shape[axis - 1] != 1 for axis in gone):
        raise node.refuse("unsupported axes", got=list(axes))
    shape = tuple(size for place, size in enumerate(x.shape) if place + 1 not in gone)
    return _viewed(node, x, shape or (1,))


def _unsqueeze(_: NetworkBuilder, node: Node) -> Tensor:
    x = node.tensor()
    axes = node.integers("axes", 1) or ()
    rank = len(x.shape) + 1 + len(axes)
    new = {axis % rank for axis in axes}
    if 0 in new or len(new) != len(axes) or rank > 8:
        raise node.refuse("unsupported axes", got=list(axes))
    left = iter(x.shape)
    shape = tuple(1 if place in new else next(left) for place in range(1, rank))
    return _viewed(node, x, shape)


def _transpose(net: NetworkBuilder, node: Node) -> Tensor:
    x = net.plain(node.tensor())
    rank = len(x.order) + 1
    axes = node.wholes("perm") or tuple(reversed(range(rank)))
    if sorted(axes) != list(range(rank)) or axes[0] != 0:
        raise node.refuse("unsupported perm", expected="the batch first", got=list(axes))
    return x.transposed(tuple(axis - 1 for axis in axes[1:]))


def _concat(net: NetworkBuilder, node: Node) -> Tensor:
    tensors = [net.plain(node.tensor(place)) for place in range(len(node.values))]
    rank = len(tensors[0].order)
    axis = node.whole("axis", 1)
    place = axis - 1 if axis > 0 else axis + rank
    if not 0 <= place < rank:
        raise node.refuse("unsupported axis", got=axis)
    order = tensors[0].order
    if order[place] != rank - 1:
        before = [other for other in range(rank) if other != place]
        order = tuple(rank - 1 if one == place else before.index(one) for one in range(rank))
    ordered = [net.ordered(x, order) for x in tensors]
    return net.add(kinds.Concatenate(), ordered) if len(ordered) > 1 else ordered[0]


READERS: dict[str, Reader] = {
    **ACTIVATION_READERS,
    **IMAGE_READERS,
    "Add": _arithmetic(kinds.Add),
    "BatchNormalization": _batch_normalization,
    "Cast": _cast,
    "Concat": _concat,
    "Div": _arithmetic(None),
    "Dropout": _same,
    "Flatten": _flatten,
    "Gemm": _gemm,
    "GroupNormalization": _group_normalization,
    "Identity": _same,
    "InstanceNormalization": _instance_normalization,
    "LayerNormalization": _layer_normalization,
    "MatMul": _matmul,
    "Mean": _arithmetic(kinds.Average),
    "Mul": _arithmetic(kinds.Multiply),
    "Neg": lambda net, node: net.affine(node.tensor(), -1, 0),
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Sub": _arithmetic(kinds.Subtract),
    "Sum": _arithmetic(kinds.Add),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
"""The reader of each operator whose input depends on the images."""
