"""Integer inference in NumPy: the reference that every other implementation equals, bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from spritenet.quantization import operators as ops
from spritenet.quantization.fixed_point import requantize
from spritenet.quantization.network import IntegerNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

__all__ = ["apply", "predict", "sums"]


def predict(
    network: IntegerNetwork, images: NDArray[np.uint8], batch_size: int = 64
) -> NDArray[np.signedinteger]:
    """Returns the outputs of the last operator, int8 or int16, (n, *output_shape).

    Args:
        network: the network.
        images: uint8, n images of the network's input shape.
        batch_size: images at a time.
    """
    last = network.operators[-1]
    outputs = np.empty((len(images), *last.shape), last.dtype)
    for first in range(0, len(images), batch_size):
        part = images[first : first + batch_size]
        outputs[first : first + batch_size] = every_value(network, part)[-1]
    return outputs.reshape(len(images), *network.output_shape)


def every_value(
    network: IntegerNetwork, images: NDArray[np.uint8]
) -> list[NDArray[np.signedinteger]]:
    """Returns the output of each operator, n h w c."""
    values: list[NDArray[np.signedinteger]] = []
    image = network.quantize_images(images)
    for operator in network.operators:
        inputs = [image if index < 0 else values[index] for index in operator.inputs]
        zeros = [network.zero_point_of(index) for index in operator.inputs]
        values.append(apply(operator, inputs, zeros))
    return values


def apply(
    operator: ops.Operator, inputs: Sequence[NDArray[np.signedinteger]], zero_points: Sequence[int]
) -> NDArray[np.signedinteger]:
    """Returns the output of an operator, n h w c.

    Args:
        operator: the operator.
        inputs: n h w c each.
        zero_points: of each input.
    """
    shape = (len(inputs[0]), *operator.shape)
    if isinstance(operator, ops.Lookup):
        return operator.table[inputs[0].astype(np.int64) + 128]
    centered = [
        np.subtract(value, zero, dtype=np.int64)
        for value, zero in zip(inputs, zero_points, strict=True)
    ]
    values = _RULES[type(operator)](operator, centered) + operator.zero_point
    return np.clip(values, operator.low, operator.high).astype(operator.dtype).reshape(shape)


def sums(operator: ops.Convolution | ops.Dense, x: Integers) -> Integers:
    """Returns the sums of products without bias, n h w c, of inputs without zero point."""
    if isinstance(operator, ops.Dense):
        flat = x.reshape(len(x), -1).astype(np.float64)  # exact: far below 2**53
        return (flat @ operator.kernel).astype(np.int64)[:, None, None, :]
    (height, width, out), (down, right) = operator.shape, operator.strides
    rows, columns, depth, _ = operator.kernel.shape
    padded = _padded(x, operator.padding, 0)
    total = np.zeros((len(x), height, width, out))
    for row in range(rows):
        for column in range(columns):
            top, left = row * operator.dilation[0], column * operator.dilation[1]
            part = padded[
                :,
                top : top + (height - 1) * down + 1 : down,
                left : left + (width - 1) * right + 1 : right,
            ].astype(np.float64)
            weights = operator.kernel[row, column].astype(np.float64)
            if depth == 1 and operator.groups > 1:
                total += np.repeat(part, out // operator.groups, axis=-1) * weights[0]
                continue
            size = out // operator.groups
            for group in range(operator.groups):
                channels = slice(group * size, (group + 1) * size)
                read = part[..., group * depth : (group + 1) * depth]
                total[..., channels] += read @ weights[:, channels]
    return total.astype(np.int64)


def _weighted(operator: ops.Convolution | ops.Dense, inputs: Sequence[Integers]) -> Integers:
    return requantize(
        sums(operator, inputs[0]) + operator.bias, operator.multiplier, operator.shift
    )


def _max_pooling(operator: ops.MaxPooling, inputs: Sequence[Integers]) -> Integers:
    least = np.iinfo(np.int64).min
    windows = _windows(_padded(inputs[0], operator.padding, least), operator)
    largest: Integers = windows.max(axis=(-2, -1))
    return largest


def _average_pooling(operator: ops.AveragePooling, inputs: Sequence[Integers]) -> Integers:
    x = inputs[0]
    total = _windows(_padded(x, operator.padding, 0), operator).sum(axis=(-2, -1))
    ones = _padded(np.ones((1, *x.shape[1:3], 1), np.int64), operator.padding, 0)
    counts = _windows(ones, operator).sum(axis=(-2, -1))
    index = np.searchsorted(operator.counts, counts)
    return requantize(total, operator.multiplier[index], operator.shift[index])


def _sum(operator: ops.Sum, inputs: Sequence[Integers]) -> Integers:
    total = np.zeros((1, 1, 1, 1), np.int64)
    for x, multiplier in zip(inputs, operator.multiplier, strict=True):
        total = total + x * int(multiplier)
    return (total + (1 << (operator.shift - 1))) >> operator.shift


def _product(operator: ops.Product, inputs: Sequence[Integers]) -> Integers:
    return requantize(inputs[0] * inputs[1], operator.multiplier, operator.shift)


def _extremum(operator: ops.Extremum, inputs: Sequence[Integers]) -> Integers:
    found = _rescaled(operator, inputs)
    largest = found[0]
    for other in found[1:]:
        largest = (np.maximum if operator.largest else np.minimum)(largest, other)
    return largest


def _concatenation(operator: ops.Concatenation, inputs: Sequence[Integers]) -> Integers:
    return np.concatenate(_rescaled(operator, inputs), axis=-1)


def _padding(operator: ops.Padding, inputs: Sequence[Integers]) -> Integers:
    return _padded(inputs[0], operator.padding, 0)


def _cropping(operator: ops.Cropping, inputs: Sequence[Integers]) -> Integers:
    top, left, (height, width, _) = operator.top, operator.left, operator.shape
    return inputs[0][:, top : top + height, left : left + width]


def _up_sampling(operator: ops.UpSampling, inputs: Sequence[Integers]) -> Integers:
    return inputs[0].repeat(operator.size[0], axis=1).repeat(operator.size[1], axis=2)


def _reshaping(_operator: ops.Reshaping, inputs: Sequence[Integers]) -> Integers:
    return inputs[0]


def _rescaled(
    operator: ops.Extremum | ops.Concatenation, inputs: Sequence[Integers]
) -> list[Integers]:
    """Returns the inputs in the output's scale."""
    half = 1 << (operator.shift - 1)
    return [
        (x * int(multiplier) + half) >> operator.shift
        for x, multiplier in zip(inputs, operator.multiplier, strict=True)
    ]


def _padded(x: Integers, padding: tuple[int, int, int, int], value: int) -> Integers:
    top, bottom, left, right = padding
    sides = ((0, 0), (top, bottom), (left, right), (0, 0))
    return np.pad(x, sides, constant_values=value)


def _windows(x: Integers, operator: ops.MaxPooling | ops.AveragePooling) -> Integers:
    """Returns a view of the windows: n h w c, window height, window width."""
    (height, width, _), (down, right) = operator.shape, operator.strides
    views = np.lib.stride_tricks.sliding_window_view(x, operator.size, axis=(1, 2))
    found: Integers = views[:, ::down, ::right][:, :height, :width]
    return found


_RULES: dict[type[ops.Operator], Callable[..., Integers]] = {
    ops.Convolution: _weighted,
    ops.Dense: _weighted,
    ops.MaxPooling: _max_pooling,
    ops.AveragePooling: _average_pooling,
    ops.Sum: _sum,
    ops.Product: _product,
    ops.Extremum: _extremum,
    ops.Concatenation: _concatenation,
    ops.Padding: _padding,
    ops.Cropping: _cropping,
    ops.UpSampling: _up_sampling,
    ops.Reshaping: _reshaping,
}
"""The output without zero point and bounds, of inputs without zero point."""
