"""Layers as PyTorch code, each with its weights in PyTorch's layout.

Images are n c h w in the code; values with two axes or one keep Keras's order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export.torch.activation_source import activation_of, function_code
from spritenet.export.torch.arrangement_code import ARRANGED
from spritenet.layers import Layer, Node, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.export.torch.module_code import Code

__all__ = ["Written", "write_layer"]

Arrays = dict[str, "NDArray[Any]"]


@dataclass(frozen=True, slots=True)
class Written:
    """A layer that is being written.

    Attributes:
        code: the module.
        node: the layer with its shapes.
        name: its identifier.
        arrays: its weights by name, in Keras's layout.
        inputs: the names of the values that it reads.
    """

    code: Code
    node: Node
    name: str
    arrays: Arrays
    inputs: tuple[str, ...]

    @property
    def x(self) -> str:
        """The name of its first input."""
        return self.inputs[0]

    @property
    def rank(self) -> int:
        """The number of axes of its first input, without the batch."""
        return len(self.node.input_shapes[0])

    def module(self, kind: str, arguments: Sequence[object], state: Arrays) -> str:
        """Adds a module. See `Code.module`."""
        trainable = self.node.layer.trainable
        return self.code.module(self.name, kind, arguments, state, trainable=trainable)

    def on_last(self, function: str) -> str:
        """Returns a module applied to the last axis of Keras's order."""
        if self.rank < 3:
            return f"{function}({self.x})"
        return f"{function}({self.x}.movedim(1, -1)).movedim(-1, 1)"


def _same(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Returns the zeros before and after a side that "same" pads with, as in TensorFlow."""
    reach = (kernel - 1) * dilation + 1
    total = max((math.ceil(size / stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def _padding(
    shape: Shape, padding: str, window: Sequence[int], strides: Sequence[int], rates: Sequence[int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Returns the padding of height and width, before and after."""
    if padding == "valid":
        return (0, 0), (0, 0)
    sides = [_same(*each) for each in zip(shape[:2], window, strides, rates, strict=True)]
    return sides[0], sides[1]


def _sides(sides: tuple[tuple[int, int], tuple[int, int]]) -> str:
    """Returns sides in PyTorch's order: left, right, top, bottom."""
    return str((*sides[1], *sides[0]))


def _bias(w: Written) -> Arrays:
    return {"bias": w.arrays["bias"]} if "bias" in w.arrays else {}


def _convolved(
    w: Written, x: str, name: str, kernel: NDArray[Any], groups: int, *, last: bool = True
) -> str:
    """Adds a convolution; returns its output.

    Args:
        w: the layer, whose strides, padding and dilation it has.
        x: the expression of its input.
        name: the attribute.
        kernel: (kernel_height, kernel_width, in / groups, filters).
        groups: the number of groups.
        last: True if it has the layer's bias.
    """
    layer: Any = w.node.layer
    size, rates = kernel.shape[:2], tuple(layer.dilation_rate)
    strides = tuple(layer.strides)
    sides = _padding(w.node.input_shapes[0], layer.padding, size, strides, rates)
    options = [f"stride={strides}"] if strides != (1, 1) else []
    if sides[0][0] == sides[0][1] and sides[1][0] == sides[1][1]:
        around = (sides[0][0], sides[1][0])
        options += [f"padding={around}"] if any(around) else []
    else:
        x = f"F.pad({x}, {_sides(sides)})"
    options += [f"dilation={rates}"] if rates != (1, 1) else []
    options += [f"groups={groups}"] if groups > 1 else []
    state = {"weight": kernel.transpose(3, 2, 0, 1), **(_bias(w) if last else {})}
    options += ["bias=False"] if "bias" not in state else []
    arguments = [kernel.shape[2] * groups, kernel.shape[3], tuple(size), *options]
    module = w.code.module(name, "Conv2d", arguments, state, trainable=layer.trainable)
    return f"{module}({x})"


def _conv2d(w: Written) -> str:
    layer: Any = w.node.layer
    return _convolved(w, w.x, w.name, w.arrays["kernel"], layer.groups)


def _of_each_channel(kernel: NDArray[Any]) -> NDArray[Any]:
    """Returns a depthwise kernel as that of a convolution in groups of one channel."""
    height, width, channels, multiplier = kernel.shape
    return kernel.reshape(height, width, 1, channels * multiplier)


def _depthwise(w: Written) -> str:
    kernel = w.arrays["depthwise_kernel"]
    return _convolved(w, w.x, w.name, _of_each_channel(kernel), kernel.shape[2])


def _separable(w: Written) -> str:
    kernel, pointwise = w.arrays["depthwise_kernel"], w.arrays["pointwise_kernel"]
    one = _of_each_channel(kernel)
    first = _convolved(w, w.x, f"{w.name}_depthwise", one, kernel.shape[2], last=False)
    state = {"weight": pointwise.transpose(3, 2, 0, 1), **_bias(w)}
    options = [] if "bias" in state else ["bias=False"]
    arguments = [pointwise.shape[2], pointwise.shape[3], 1, *options]
    return f"{w.module('Conv2d', arguments, state)}({first})"


def _transposed(w: Written) -> str:
    """A transposed convolution: PyTorch's, cropped or extended to Keras's size."""
    layer: Any = w.node.layer
    kernel = w.arrays["kernel"]
    before, extra = [], []
    for axis in range(2):
        given, made = w.node.input_shapes[0][axis], w.node.output_shape[axis]
        size, stride, rate = kernel.shape[axis], layer.strides[axis], layer.dilation_rate[axis]
        reach = (size - 1) * rate + 1
        total = max((given - 1) * stride + reach - made, 0) if layer.padding == "same" else 0
        before.append(total // 2)
        extra.append(made - ((given - 1) * stride - 2 * before[-1] + reach))
        if extra[-1] >= max(stride, rate, 1):
            raise ModelError("unsupported output_padding in PyTorch", where=layer.label)
    state = {"weight": kernel.transpose(3, 2, 0, 1), **_bias(w)}
    added = tuple(max(0, one) for one in extra)
    options = [f"stride={tuple(layer.strides)}"]
    options += [f"padding={tuple(before)}"] if any(before) else []
    options += [f"output_padding={added}"] if any(added) else []
    options += [f"dilation={tuple(layer.dilation_rate)}"] if max(layer.dilation_rate) > 1 else []
    options += [] if "bias" in state else ["bias=False"]
    arguments = [kernel.shape[3], kernel.shape[2], tuple(kernel.shape[:2]), *options]
    code = f"{w.module('ConvTranspose2d', arguments, state)}({w.x})"
    if min(extra) < 0:
        height, width, _ = w.node.output_shape
        code = f"{code}[:, :, :{height}, :{width}]"
    return code


def _dense(w: Written) -> str:
    kernel = w.arrays["kernel"]
    state = {"weight": kernel.T, **_bias(w)}
    options = [] if "bias" in state else ["bias=False"]
    return w.on_last(w.module("Linear", [*kernel.shape, *options], state))


def _scaled(w: Written, size: int) -> Arrays:
    """Returns gamma and beta under PyTorch's names, ones and zeros where one is missing."""
    state: Arrays = {}
    if "gamma" in w.arrays or "beta" in w.arrays:
        state["weight"] = w.arrays.get("gamma", np.ones(size, np.float32))
        state["bias"] = w.arrays.get("beta", np.zeros(size, np.float32))
    return state


def _batch_normalization(w: Written) -> str:
    layer: Any = w.node.layer
    size = w.node.output_shape[-1]
    state = _scaled(w, size)
    options = [f"eps={layer.epsilon:.9g}", f"momentum={1 - layer.momentum:.9g}"]
    options += [] if state else ["affine=False"]
    state["running_mean"] = w.arrays["moving_mean"]
    state["running_var"] = w.arrays["moving_variance"]
    state["num_batches_tracked"] = np.zeros((), np.int64)
    module = w.module(f"BatchNorm{2 if w.rank == 3 else 1}d", [size, *options], state)
    if w.rank == 2:
        return f"{module}({w.x}.transpose(1, 2)).transpose(1, 2)"
    return f"{module}({w.x})"


def _fixed_normalization(w: Written) -> str:
    layer: Any = w.node.layer
    sides = (-1, 1, 1) if w.rank == 3 else (-1,)
    divisor = layer.deviation(w.arrays["variance"]).astype(np.float32)
    mean, deviation = (
        w.code.parameter(f"{w.name}_{name}", values.reshape(sides), trainable=False)
        for name, values in (("mean", w.arrays["mean"]), ("deviation", divisor))
    )
    return f"{w.x} * {deviation} + {mean}" if layer.invert else f"({w.x} - {mean}) / {deviation}"


def _layer_normalization(w: Written) -> str:
    layer: Any = w.node.layer
    size = w.node.output_shape[-1]
    state = _scaled(w, size)
    options = [f"eps={layer.epsilon:.9g}", *([] if state else ["elementwise_affine=False"])]
    return w.on_last(w.module("LayerNorm", [size, *options], state))


def _group_normalization(w: Written) -> str:
    layer: Any = w.node.layer
    size = w.node.output_shape[-1]
    state = _scaled(w, size)
    groups = size if layer.groups == -1 else layer.groups
    options = [f"eps={layer.epsilon:.9g}", *([] if state else ["affine=False"])]
    module = w.module("GroupNorm", [groups, size, *options], state)
    if w.rank == 2:
        return f"{module}({w.x}.transpose(1, 2)).transpose(1, 2)"
    return f"{module}({w.x})"


def _rms_normalization(w: Written) -> str:
    layer: Any = w.node.layer
    size = w.node.output_shape[-1]
    state = {"weight": w.arrays["scale"]}
    return w.on_last(w.module("RMSNorm", [size, f"eps={layer.epsilon:.9g}"], state))


def _prelu(w: Written) -> str:
    alpha = w.arrays["alpha"]
    if alpha.size == alpha.shape[-1] and w.rank != 2:
        return f"{w.module('PReLU', [alpha.size], {'weight': alpha.reshape(-1)})}({w.x})"
    slope = alpha.transpose(2, 0, 1) if w.rank == 3 else alpha
    trainable = w.node.layer.trainable
    own = w.code.parameter(f"{w.name}_alpha", slope, trainable=trainable)
    return f"torch.where({w.x} >= 0, {w.x}, {own} * {w.x})"


def _pooled(w: Written) -> str:
    """Max and average pooling; padding counts in neither."""
    layer: Any = w.node.layer
    size, strides = tuple(layer.pool_size), tuple(layer.strides)
    sides = _padding(w.node.input_shapes[0], layer.padding, size, strides, (1, 1))
    is_max = isinstance(layer, kinds.MaxPooling2D)
    name = "F.max_pool2d" if is_max else "F.avg_pool2d"
    windows = f"{size}" if size == strides else f"{size}, {strides}"
    if not any(sides[0] + sides[1]):
        return f"{name}({w.x}, {windows})"
    if is_max:
        padded = f'F.pad({w.x}, {_sides(sides)}, value=-float("inf"))'
        return f"{name}({padded}, {windows})"
    w.code.helpers.add("average_pool")
    return f"average_pool({w.x}, {size}, {strides}, {_sides(sides)})"


def _pooled_whole(w: Written) -> str:
    layer: Any = w.node.layer
    name = "amax" if isinstance(layer, kinds.GlobalMaxPooling2D) else "mean"
    kept = ", keepdim=True" if layer.keepdims else ""
    return f"{w.x}.{name}((2, 3){kept})"


def _rescaled(w: Written) -> str:
    layer: Any = w.node.layer
    scale, offset = layer.scale, layer.offset
    twice = 2 / scale if scale else 0.0
    if scale == 1:
        code = w.x
    elif twice >= 2 and abs(twice - round(twice)) < 1e-9:
        code = f"{w.x} / {round(twice) / 2:g}"
    else:
        code = f"{w.x} * {scale:.9g}"
    return f"{code} {'-' if offset < 0 else '+'} {abs(offset):.9g}" if offset else code


def _merged(w: Written) -> str:
    kind, names = w.node.layer.class_name, w.inputs
    if kind == "Concatenate":
        return f"torch.cat(({', '.join(names)}), {1 if w.rank == 3 else -1})"
    if kind in ("Maximum", "Minimum"):
        code = names[0]
        for name in names[1:]:
            code = f"torch.{kind.lower()}({code}, {name})"
        return code
    sign = {"Subtract": " - ", "Multiply": " * "}.get(kind, " + ")
    code = sign.join(names)
    return f"({code}) / {len(names)}" if kind == "Average" else code


def _dropped(w: Written) -> str:
    layer: Any = w.node.layer
    name = {"AlphaDropout": "alpha_dropout", "SpatialDropout2D": "dropout2d"}
    function = name.get(layer.class_name, "dropout")
    return f"F.{function}({w.x}, {layer.rate:.9g}, self.training)"


def _noisy(w: Written) -> str:
    layer: Any = w.node.layer
    is_noise = isinstance(layer, kinds.GaussianNoise)
    name = "gaussian_noise" if is_noise else "gaussian_dropout"
    w.code.helpers.add(name)
    stddev = layer.stddev if is_noise else math.sqrt(layer.rate / (1 - layer.rate))
    return f"{name}({w.x}, {stddev:.9g}, self.training)"


def _normalized(w: Written) -> str:
    return f"F.normalize({w.x}, dim={1 if w.rank == 3 else -1}, eps=1e-6)"


def _arranged(w: Written) -> str:
    return ARRANGED[w.node.layer.class_name](w.node, w.x)


def _activated(w: Written) -> str:
    return activation_of(w.node.layer, w.x, w.rank)


WRITERS: dict[str, Callable[[Written], str]] = {
    **dict.fromkeys(ARRANGED, _arranged),
    **dict.fromkeys(("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax"), _activated),
    **dict.fromkeys(("MaxPooling2D", "AveragePooling2D"), _pooled),
    **dict.fromkeys(("GlobalMaxPooling2D", "GlobalAveragePooling2D"), _pooled_whole),
    **dict.fromkeys(
        (
            *("Add", "Subtract", "Multiply", "Average"),
            *("Maximum", "Minimum", "Concatenate"),
        ),
        _merged,
    ),
    **dict.fromkeys(("Dropout", "AlphaDropout", "SpatialDropout2D"), _dropped),
    **dict.fromkeys(("GaussianNoise", "GaussianDropout"), _noisy),
    "BatchNormalization": _batch_normalization,
    "Conv2D": _conv2d,
    "Conv2DTranspose": _transposed,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise,
    "GroupNormalization": _group_normalization,
    "LayerNormalization": _layer_normalization,
    "Normalization": _fixed_normalization,
    "PReLU": _prelu,
    "RMSNormalization": _rms_normalization,
    "Rescaling": _rescaled,
    "SeparableConv2D": _separable,
    "UnitNormalization": _normalized,
}
"""The function of each class of layers."""


def write_layer(w: Written, target: str) -> None:
    """Adds a layer's statements, which put its output into a name.

    Raises:
        ModelError: the layer is unsupported in PyTorch.
    """
    layer: Layer = w.node.layer
    writer = WRITERS.get(layer.class_name)
    if writer is None:
        raise ModelError(f"unsupported layer {layer.class_name} in PyTorch", where=layer.label)
    code = writer(w)
    w.code.step(target, code)
    function = getattr(layer, "activation", "linear")
    if writer is not _activated and function != "linear":
        rank = len(w.node.output_shape)
        own: Any = layer
        w.code.step(target, function_code(own.function, target, rank))
        w.code.helpers.add(function)
    elif writer is _activated:
        w.code.helpers.add(code.partition("(")[0])
