"""Activation functions as ONNX's operators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.export.onnx.graph_builder import GraphBuilder, Value
from spritenet.layers import ActivationFunction, ReLU

if TYPE_CHECKING:
    Writer = Callable[[GraphBuilder, str, float], str]
    """Adds the nodes of a function of one value, and returns the name of the output."""

__all__ = ["ACTIVATIONS", "activated", "relu"]

BOOL_TO_FLOAT = 1


def _operator(name: str, **attributes: Any) -> Writer:
    """Returns the writer of a function that is an operator."""
    return lambda b, x, _: b.add(name, x, **attributes)


def _clip(least: float, most: float) -> Writer:
    """Returns the writer of a function that clips."""
    return lambda b, x, _: _clipped(b, x, least, most)


def _clipped(b: GraphBuilder, x: str, least: float | None, most: float | None) -> str:
    """Adds a Clip."""
    names = ["" if one is None else b.constant(one, "float32") for one in (least, most)]
    return b.add("Clip", x, *names)


def _squareplus(b: GraphBuilder, x: str, _: float) -> str:
    root = b.add("Sqrt", b.add("Add", b.add("Mul", x, x), b.constant(4, "float32")))
    return b.add("Mul", b.add("Add", x, root), b.constant(0.5, "float32"))


def _sparse_plus(b: GraphBuilder, x: str, _: float) -> str:
    one = b.constant(1, "float32")
    near = b.add("Add", _clipped(b, x, -1, 1), one)
    curve = b.add("Mul", b.add("Mul", near, near), b.constant(0.25, "float32"))
    return b.add("Add", curve, b.add("Relu", b.add("Sub", x, one)))


def _log_sigmoid(b: GraphBuilder, x: str, _: float) -> str:
    return b.add("Neg", b.add("Softplus", b.add("Neg", x)))


ACTIVATIONS: dict[str, Writer] = {
    "linear": lambda _, x, __: x,
    "relu": _operator("Relu"),
    "relu6": _clip(0, 6),
    "leaky_relu": lambda b, x, alpha: b.add("LeakyRelu", x, alpha=float(alpha)),
    "elu": lambda b, x, alpha: b.add("Elu", x, alpha=float(alpha)),
    "sigmoid": _operator("Sigmoid"),
    "tanh": _operator("Tanh"),
    "selu": _operator("Selu"),
    "softplus": _operator("Softplus"),
    "softsign": _operator("Softsign"),
    "exponential": _operator("Exp"),
    "hard_sigmoid": _operator("HardSigmoid", alpha=1 / 6, beta=0.5),
    "hard_tanh": _clip(-1, 1),
    "hard_shrink": lambda b, x, alpha: b.add("Shrink", x, lambd=float(alpha), bias=0.0),
    "soft_shrink": lambda b, x, alpha: b.add("Shrink", x, lambd=float(alpha), bias=float(alpha)),
    "sparse_sigmoid": _operator("HardSigmoid", alpha=0.5, beta=0.5),
    "squareplus": _squareplus,
    "log_sigmoid": _log_sigmoid,
    "gelu": _operator("Gelu"),
    "gelu_new": _operator("Gelu", approximate="tanh"),
    "silu": lambda b, x, _: b.add("Mul", x, b.add("Sigmoid", x)),
    "hard_silu": _operator("HardSwish"),
    "mish": _operator("Mish"),
    "tanh_shrink": lambda b, x, _: b.add("Sub", x, b.add("Tanh", x)),
    "sparse_plus": _sparse_plus,
}
"""The writers of functions of one value."""


def _sparsemax(b: GraphBuilder, x: str, axis: int, size: int) -> str:
    """The projection onto the simplex, by sorting (Martins and Astudillo, 2016)."""
    ordered = b.add("TopK", x, b.constant([size]), count=2, axis=axis)
    sums = b.add("CumSum", ordered, b.constant(axis))
    places = b.constant(np.arange(1, size + 1).reshape(-1, *[1] * (-1 - axis)), "float32")
    scaled = b.add("Add", b.add("Mul", ordered, places), b.constant(1, "float32"))
    inside = b.add("Cast", b.add("Greater", scaled, sums), to=BOOL_TO_FLOAT)
    over = b.constant([axis])
    count = b.add("ReduceSum", inside, over)
    total = b.add("ReduceSum", b.add("Mul", ordered, inside), over)
    threshold = b.add("Div", b.add("Sub", total, b.constant(1, "float32")), count)
    return b.add("Relu", b.add("Sub", x, threshold))


def activated(b: GraphBuilder, x: Value, function: ActivationFunction, axis: int = -1) -> Value:
    """Adds an activation.

    Args:
        b: the graph.
        x: the inputs.
        function: the function; softmax and its like are over `axis`.
        axis: negative, of a value with the channels last.
    """
    if function.name in ACTIVATIONS:
        return replace(x, name=ACTIVATIONS[function.name](b, x.name, function.alpha))
    rank = len(x.shape)
    place = axis
    if x.is_first and rank > 1:  # n c h w: -1 is the axis after the batch, others move by one
        place = -rank if axis == -1 else axis + 1
    if function.name == "sparsemax":
        return replace(x, name=_sparsemax(b, x.name, place, x.shape[axis]))
    operator = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}[function.name]
    return replace(x, name=b.add(operator, x.name, axis=place))


def relu(b: GraphBuilder, x: Value, layer: ReLU) -> Value:
    """Adds a ReLU with its arguments."""
    most, slope, threshold = layer.max_value, layer.negative_slope, layer.threshold
    if not threshold and not slope:
        name = b.add("Relu", x.name) if most is None else _clipped(b, x.name, 0, most)
        return replace(x, name=name)
    if not threshold:
        name = b.add("LeakyRelu", x.name, alpha=slope)
        return replace(x, name=name if most is None else _clipped(b, name, None, most))
    limit = b.constant(threshold, "float32")
    below = b.add("Mul", b.add("Sub", x.name, limit), b.constant(slope, "float32"))
    above = x.name if most is None else _clipped(b, x.name, None, most)
    is_above = b.add("GreaterOrEqual", x.name, limit)
    return replace(x, name=b.add("Where", is_above, above, below))
