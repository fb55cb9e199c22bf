"""Integer networks as ONNX's operators: QuantizeLinear and DequantizeLinear around real ones.

Activations are uint8: the integers of docs/reference/int8.md plus 128. Runtimes fuse each operator
with the nodes around it into one of integers. ONNX rounds halves to even; a value that lies within
float32's precision of a half may differ by one from the specification's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import ModelError
from spritenet.export.onnx.graph_builder import GraphBuilder, Value
from spritenet.export.onnx.nodes import operator_of
from spritenet.quantization import operators as ops
from spritenet.quantization.network import IntegerNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.export.onnx.library import Proto

__all__ = ["refuse_quantized", "write_operators"]

IMAGE = -1
INT32 = 6
"""TensorProto.INT32."""

LEAST_SCALE = 1e-30
QUANTIZED = ("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinear", "Integer")
"""Parts of the names of operators on quantized values."""


def refuse_quantized(model: Proto) -> None:
    """Refuses a quantized network.

    Raises:
        ModelError: an operator quantizes or takes quantized values; it is named.
    """
    for proto in model.graph.node:
        name = operator_of(proto)
        if any(part in name for part in QUANTIZED):
            raise ModelError(
                f"unsupported operator {name!r}: quantized networks aren't read",
                do="Load the float32 model that it was made of; onnxruntime runs this file.",
            )


def write_operators(b: GraphBuilder, network: IntegerNetwork, images: str) -> Value:
    """Adds a network's operators and returns its real output, (n, *output_shape).

    Args:
        b: the graph.
        network: the network.
        images: the name of its uint8 images, (n, *image_shape).
    """
    if network.inverted:
        images = b.add("BitwiseNot", images)
    writer = _Writer(b, network, images)
    for index, operator in enumerate(network.operators):
        b.layer = operator.name
        writer.write(index, operator)
    b.layer = "output"
    return writer.output()


class _Writer:
    """The quantized outputs of the operators written so far.

    A value has rank 4, or 2 as the output of a Dense: `Value.shape` is then (values,).
    """

    def __init__(self, b: GraphBuilder, network: IntegerNetwork, images: str) -> None:
        self.b, self.network = b, network
        self.quantized = {IMAGE: Value(images, network.image_shape)}
        self.real: Value | None = None
        self._dequantized: dict[tuple[str, float], str] = {}
        self._images: dict[str, Value] = {}

    def write(self, index: int, operator: ops.Operator) -> None:
        """Adds an operator."""
        write, is_exact = WRITERS[type(operator)]
        made = write(self, operator)
        if is_exact:  # made of integers
            self.quantized[index] = made
            return
        made = self._bounded(operator, made)
        if operator.dtype is np.int16:
            self.real = made  # its 16 bits would only round it
            return
        names = self._quantization(operator.scale, operator.zero_point)
        name = self.b.add("QuantizeLinear", made.name, *names)
        self.quantized[index] = Value(name, made.shape, made.is_first)

    def output(self) -> Value:
        """Returns the real output, with the activation applied."""
        b, shape = self.b, self.network.output_shape
        last = len(self.network.operators) - 1
        x = self.real or self.dequantized(last, self.quantized[last])
        name = b.last(x).name
        if x.shape != shape:
            name = b.add("Reshape", name, b.constant([0, *shape]))
        match self.network.activation:
            case "softmax":
                name = b.add("Softmax", name, axis=-1)
            case "log_softmax":
                name = b.add("LogSoftmax", name, axis=-1)
            case "sigmoid":
                name = b.add("Sigmoid", name)
        return Value(name, shape)

    def image(self, index: int) -> Value:
        """Returns a quantized value as an image, channels first."""
        x = self.quantized[index]
        if len(x.shape) > 1:
            return self.b.first(x)
        if x.name not in self._images:
            name = self.b.add("Reshape", x.name, self.b.constant([0, x.shape[0], 1, 1]))
            self._images[x.name] = Value(name, (1, 1, x.shape[0]), True)
        return self._images[x.name]

    def dequantized(self, index: int, x: Value, scale: float | None = None) -> Value:
        """Returns the real values of an operator's output x, of another scale if one is given."""
        scale = self.network.scale_of(index) if scale is None else scale
        key = (x.name, scale)
        if key not in self._dequantized:
            zero_point = self.network.zero_point_of(index)
            names = self._quantization(scale, zero_point)
            self._dequantized[key] = self.b.add("DequantizeLinear", x.name, *names)
        return Value(self._dequantized[key], x.shape, x.is_first)

    def rescaled(self, operator: Any, multipliers: NDArray[Any], shift: int) -> list[Value]:  # noqa: ANN401 - one of several inputs
        """Returns an operator's real inputs as its multipliers scale them."""
        found = []
        for index, multiplier in zip(operator.inputs, multipliers, strict=True):
            scale = abs(int(multiplier)) / 2**shift * operator.scale
            x = self.dequantized(index, self.image(index), max(scale, LEAST_SCALE))
            negative = multiplier < 0
            found.append(Value(self.b.add("Neg", x.name), x.shape, True) if negative else x)
        return found

    def weighted(self, operator: Any, kernel: NDArray[np.int8], axis: int) -> tuple[str, str]:  # noqa: ANN401 - a Convolution or Dense
        """Adds the kernel and bias of an operator, and returns the names of their real values."""
        b, source = self.b, self.network.scale_of(operator.inputs[0])
        factors = operator.multiplier.astype(np.float64) * 2.0 ** -operator.shift.astype(np.float64)
        scales = np.maximum(factors * operator.scale / source, LEAST_SCALE)
        stored = b.constant(kernel, "int8", "kernel")
        scale = b.constant(scales, "float32", "kernel_scale")
        zeros = b.constant(np.zeros(len(scales)), "int8", "kernel_zero_point")
        weights = b.add("DequantizeLinear", stored, scale, zeros, axis=axis)
        bias = b.constant(operator.bias, "int32", "bias")
        scale = b.constant(scales * source, "float32", "bias_scale")
        return weights, b.add("DequantizeLinear", bias, scale, axis=0)

    def _quantization(self, scale: float, zero_point: int) -> tuple[str, str]:
        """Adds a scale and a zero point and returns their names."""
        zero = self.b.constant(zero_point + 128, "uint8", "zero_point")
        return self.b.constant(scale, "float32", "scale"), zero

    def _bounded(self, operator: ops.Operator, x: Value) -> Value:
        """Adds the operator's bounds, where its type doesn't have them."""
        limits = ops.INT8 if operator.dtype is np.int8 else ops.INT16
        if (operator.low, operator.high) == limits:
            return x
        ends = [
            self.b.constant((end - operator.zero_point) * operator.scale, "float32")
            for end in (operator.low, operator.high)
        ]
        return Value(self.b.add("Clip", x.name, *ends), x.shape, x.is_first)


def _convolution(w: _Writer, operator: ops.Convolution) -> Value:
    source = operator.inputs[0]
    x = w.dequantized(source, w.image(source))
    top, bottom, left, right = operator.padding
    name = w.b.add(
        "Conv",
        x.name,
        *w.weighted(operator, operator.kernel.transpose(3, 2, 0, 1), 0),
        kernel_shape=list(operator.kernel.shape[:2]),
        strides=list(operator.strides),
        dilations=list(operator.dilation),
        pads=[top, left, bottom, right],
        group=operator.groups,
    )
    return Value(name, operator.shape, True)


def _dense(w: _Writer, operator: ops.Dense) -> Value:
    source = operator.inputs[0]
    x, kernel = w.quantized[source], operator.kernel
    if len(x.shape) > 1:
        if x.is_first:
            kernel = kernel.reshape(*x.shape, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)
        x = Value(w.b.add("Flatten", x.name), (len(kernel),))
    real = w.dequantized(source, x)
    name = w.b.add("Gemm", real.name, *w.weighted(operator, kernel, 1))
    return Value(name, (kernel.shape[1],))


def _max_pooling(w: _Writer, operator: ops.MaxPooling) -> Value:
    return _pooling(w, operator, "MaxPool", w.image(operator.inputs[0]))


def _average_pooling(w: _Writer, operator: ops.AveragePooling) -> Value:
    source = operator.inputs[0]
    return _pooling(w, operator, "AveragePool", w.dequantized(source, w.image(source)))


def _pooling(
    w: _Writer, operator: ops.MaxPooling | ops.AveragePooling, name: str, x: Value
) -> Value:
    top, bottom, left, right = operator.padding
    made = w.b.add(
        name,
        x.name,
        kernel_shape=list(operator.size),
        strides=list(operator.strides),
        pads=[top, left, bottom, right],
    )
    return Value(made, operator.shape, True)


def _lookup(w: _Writer, operator: ops.Lookup) -> Value:
    x = w.quantized[operator.inputs[0]]
    table = w.b.constant(operator.table.astype(np.int16) + 128, "uint8", "table")
    name = w.b.add("Gather", table, w.b.add("Cast", x.name, to=INT32))
    return Value(name, x.shape, x.is_first)


def _sum(w: _Writer, operator: ops.Sum) -> Value:
    first, *others = w.rescaled(operator, operator.multiplier, operator.shift)
    name = first.name
    for other in others:
        name = w.b.add("Add", name, other.name)
    return Value(name, operator.shape, True)


def _product(w: _Writer, operator: ops.Product) -> Value:
    first, second = operator.inputs
    scale = operator.multiplier / 2**operator.shift * operator.scale / w.network.scale_of(first)
    one = w.dequantized(first, w.image(first))
    other = w.dequantized(second, w.image(second), max(scale, LEAST_SCALE))
    return Value(w.b.add("Mul", one.name, other.name), operator.shape, True)


def _extremum(w: _Writer, operator: ops.Extremum) -> Value:
    names = [x.name for x in w.rescaled(operator, operator.multiplier, operator.shift)]
    return Value(w.b.add("Max" if operator.largest else "Min", *names), operator.shape, True)


def _concatenation(w: _Writer, operator: ops.Concatenation) -> Value:
    names = [x.name for x in w.rescaled(operator, operator.multiplier, operator.shift)]
    return Value(w.b.add("Concat", *names, axis=1), operator.shape, True)


def _padding(w: _Writer, operator: ops.Padding) -> Value:
    x = w.image(operator.inputs[0])
    top, bottom, left, right = operator.padding
    pads = w.b.constant([0, 0, top, left, 0, 0, bottom, right])
    zero = w.b.constant(operator.zero_point + 128, "uint8", "zero_point")
    return Value(w.b.add("Pad", x.name, pads, zero), operator.shape, True)


def _cropping(w: _Writer, operator: ops.Cropping) -> Value:
    x = w.image(operator.inputs[0])
    first = [operator.top, operator.left]
    last = [place + size for place, size in zip(first, operator.shape[:2], strict=True)]
    name = w.b.add("Slice", x.name, *map(w.b.constant, (first, last, [2, 3])))
    return Value(name, operator.shape, True)


def _up_sampling(w: _Writer, operator: ops.UpSampling) -> Value:
    name = w.b.add(
        "Resize",
        w.image(operator.inputs[0]).name,
        "",
        w.b.constant([1, 1, *operator.size], "float32"),
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )
    return Value(name, operator.shape, True)


def _reshaping(w: _Writer, operator: ops.Reshaping) -> Value:
    x = w.b.last(w.quantized[operator.inputs[0]])
    return Value(w.b.add("Reshape", x.name, w.b.constant([0, *operator.shape])), operator.shape)


WRITERS: dict[type[ops.Operator], tuple[Callable[[_Writer, Any], Value], bool]] = {
    ops.Convolution: (_convolution, False),
    ops.Dense: (_dense, False),
    ops.MaxPooling: (_max_pooling, True),
    ops.AveragePooling: (_average_pooling, False),
    ops.Lookup: (_lookup, True),
    ops.Sum: (_sum, False),
    ops.Product: (_product, False),
    ops.Extremum: (_extremum, False),
    ops.Concatenation: (_concatenation, False),
    ops.Padding: (_padding, True),
    ops.Cropping: (_cropping, True),
    ops.UpSampling: (_up_sampling, True),
    ops.Reshaping: (_reshaping, True),
}
"""Returns the output; and True for operators on quantized values, whose output is quantized."""
