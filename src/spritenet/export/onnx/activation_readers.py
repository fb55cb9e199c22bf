"""ONNX's activation functions as layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isclose
from typing import TYPE_CHECKING

import numpy as np

from spritenet import layers as kinds
from spritenet.export.onnx.network_builder import NetworkBuilder
from spritenet.export.onnx.nodes import Node
from spritenet.export.onnx.values import Tensor
from spritenet.layers import Layer

if TYPE_CHECKING:
    Reader = Callable[[NetworkBuilder, Node], Tensor]

__all__ = ["ACTIVATION_READERS", "merged"]

SELU_ALPHA, SELU_GAMMA = 1.67326319217681884765625, 1.05070102214813232421875


def _named(name: str) -> Reader:
    """Returns the reader of a function without arguments."""
    return lambda net, node: net.add(kinds.Activation(name), [node.tensor()])


def _pointwise(make: Callable[[Node], Layer]) -> Reader:
    """Returns the reader of a function that is a layer."""
    return lambda net, node: net.add(make(node), [node.tensor()])


def _leaky_relu(node: Node) -> Layer:
    alpha = node.number("alpha", 0.01)
    return kinds.LeakyReLU(alpha) if alpha != 1 else kinds.Activation("linear")


def _selu(node: Node) -> Layer:
    alpha, gamma = node.number("alpha", SELU_ALPHA), node.number("gamma", SELU_GAMMA)
    if not isclose(alpha, SELU_ALPHA, rel_tol=1e-5) or not isclose(gamma, SELU_GAMMA, rel_tol=1e-5):
        raise node.refuse("unsupported alpha or gamma", got=f"{alpha}, {gamma}")
    return kinds.Activation("selu")


def _celu(node: Node) -> Layer:
    if node.number("alpha", 1.0) != 1:
        raise node.refuse("unsupported alpha", expected=1, got=node.number("alpha", 1.0))
    return kinds.ELU()


def _gelu(node: Node) -> Layer:
    approximate = node.text("approximate", "none")
    return kinds.Activation("gelu_new" if approximate == "tanh" else "gelu")


def _swish(node: Node) -> Layer:
    if node.number("alpha", 1.0) != 1:
        raise node.refuse("unsupported alpha", expected=1, got=node.number("alpha", 1.0))
    return kinds.Activation("silu")


def _shrink(node: Node) -> Layer:
    limit, bias = node.number("lambd", 0.5), node.number("bias", 0.0)
    if limit != 0.5 or bias not in (0.0, 0.5):
        raise node.refuse("unsupported lambd or bias", got=f"{limit}, {bias}")
    return kinds.Activation("soft_shrink" if bias else "hard_shrink")


def _hard_sigmoid(net: NetworkBuilder, node: Node) -> Tensor:
    alpha, beta = node.number("alpha", 0.2), node.number("beta", 0.5)
    if isclose(alpha, 1 / 6, rel_tol=1e-6) and beta == 0.5:
        return net.add(kinds.Activation("hard_sigmoid"), [node.tensor()])
    if alpha == beta == 0.5:
        return net.add(kinds.Activation("sparse_sigmoid"), [node.tensor()])
    return net.add(kinds.ReLU(1.0), [net.affine(node.tensor(), alpha, beta)])


def _clip(net: NetworkBuilder, node: Node) -> Tensor:
    return _clipped(net, node, node.tensor(), node.scalar("min", 1), node.scalar("max", 2))


def _clipped(
    net: NetworkBuilder, node: Node, x: Tensor, low: float | None, high: float | None
) -> Tensor:
    """Adds layers that clip: a ReLU, of values that are shifted if need be."""
    low = None if low is None or low < -1e30 else low
    high = None if high is None or high > 1e30 else high
    if low is None and high is None:
        return x
    if low is None:  # min(x, high) = high - relu(high - x)
        return net.affine(net.add(kinds.ReLU(), [net.affine(x, -1, high)]), -1, high)
    if high is not None and high < low:
        raise node.refuse("min is above max", got=f"{low}, {high}")
    if (low, high) == (-1, 1):
        return net.add(kinds.Activation("hard_tanh"), [x])
    layer = kinds.ReLU(None if high is None else high - low)
    if low == 0:
        return net.add(kinds.Activation("relu6") if high == 6 else layer, [x])
    return net.affine(net.add(layer, [net.affine(x, 1, -low)]), 1, low)


def _extreme(net: NetworkBuilder, node: Node) -> Tensor:
    """Reads a Max or Min of tensors, or of one and a number."""
    is_max = node.operator == "Max"
    constants = [value for value in node.values if isinstance(value, np.ndarray)]
    tensors = [value for value in node.values if isinstance(value, Tensor)]
    if not constants:
        layer = kinds.Maximum() if is_max else kinds.Minimum()
        return merged(net, layer, tensors)
    if len(tensors) != 1 or any(value.size != 1 for value in constants):
        raise node.refuse("unsupported constants")
    numbers = [float(value.reshape(-1)[0]) for value in constants]
    low, high = (max(numbers), None) if is_max else (None, min(numbers))
    return _clipped(net, node, tensors[0], low, high)


def merged(net: NetworkBuilder, layer: Layer, x: Sequence[Tensor]) -> Tensor:
    """Adds a layer that merges tensors value by value, in the order of the first."""
    first = net.plain(x[0])
    if len(x) == 1:
        return first
    return net.add(layer, [first, *(net.ordered(one, first.order) for one in x[1:])])


def _softmax(net: NetworkBuilder, node: Node) -> Tensor:
    """Reads a Softmax or LogSoftmax; before opset 13, over all axes from one on."""
    x = node.tensor()
    rank = len(x.shape)
    axis = node.whole("axis", -1 if node.opset >= 13 else 1)
    axis = axis - 1 if axis > 0 else axis + rank
    if not 0 <= axis < rank:
        raise node.refuse("unsupported axis", got=axis + 1)
    if node.opset < 13:
        if axis == 0 and rank > 1 and x.shape[1:] != (1,) * (rank - 1):
            x = net.plain(Tensor(x.index, x.layer_shape, x.order, (int(np.prod(x.shape)),)))
            rank = 1
        elif any(size != 1 for size in x.shape[axis + 1 :]):
            raise node.refuse("unsupported axis", got=axis + 1)
    x = net.plain(x)
    own = x.order[axis]
    is_last = own == len(x.order) - 1
    if node.operator == "LogSoftmax":
        if not is_last:
            raise node.refuse("unsupported axis", expected="the channels", got=axis + 1)
        return net.add(kinds.Activation("log_softmax"), [x])
    return net.add(kinds.Softmax() if is_last else kinds.Softmax(own + 1), [x])


def _prelu(net: NetworkBuilder, node: Node) -> Tensor:
    x = net.plain(node.tensor())
    slope = node.constant(1, floats=True)
    if slope is None:
        raise node.refuse("no slope")
    rank = len(x.order)
    sides = slope.shape if slope.ndim <= rank else slope.shape[slope.ndim - rank :]
    values = slope.reshape((1,) * (rank - len(sides)) + sides)
    back = [int(axis) for axis in np.argsort(x.order)]
    alpha = values.transpose(back)
    if any(size not in (1, side) for size, side in zip(alpha.shape, x.layer_shape, strict=True)):
        raise node.refuse("a slope of another shape", got=list(slope.shape))
    if alpha.shape[-1] != x.layer_shape[-1]:
        alpha = np.broadcast_to(alpha, (*alpha.shape[:-1], x.layer_shape[-1]))
    pairs = zip(alpha.shape, x.layer_shape, strict=True)
    shared = [place + 1 for place, (size, side) in enumerate(pairs) if size == 1 != side]
    return net.add(kinds.PReLU(shared_axes=shared or None), [x], [np.ascontiguousarray(alpha)])


ACTIVATION_READERS: dict[str, Reader] = {
    "Celu": _pointwise(_celu),
    "Clip": _clip,
    "Elu": _pointwise(lambda node: kinds.ELU(node.number("alpha", 1.0))),
    "Exp": _named("exponential"),
    "Gelu": _pointwise(_gelu),
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _named("hard_silu"),
    "LeakyRelu": _pointwise(_leaky_relu),
    "LogSoftmax": _softmax,
    "Max": _extreme,
    "Min": _extreme,
    "Mish": _named("mish"),
    "PRelu": _prelu,
    "Relu": _named("relu"),
    "Selu": _pointwise(_selu),
    "Shrink": _pointwise(_shrink),
    "Sigmoid": _named("sigmoid"),
    "Softmax": _softmax,
    "Softplus": _named("softplus"),
    "Softsign": _named("softsign"),
    "Swish": _pointwise(_swish),
    "Tanh": _named("tanh"),
    "ThresholdedRelu": _pointwise(lambda node: kinds.ReLU(None, 0.0, node.number("alpha", 1.0))),
}
