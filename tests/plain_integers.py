"""docs/reference/int8.md word by word, one value at a time in Python's integers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from spritenet.quantization import IntegerNetwork
from spritenet.quantization import operators as ops

if TYPE_CHECKING:
    from numpy.typing import NDArray

Value = Sequence[Sequence[Sequence[int]]]
Place = tuple[int, int, int]


def rounded(total: int, multiplier: int, shift: int) -> int:
    """The rounding rule."""
    return (int(total) * int(multiplier) + (1 << int(shift) - 1)) >> int(shift)


def outputs(network: IntegerNetwork, image: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The output of one image, h w c."""
    pixels = image.reshape(network.image_shape)
    values = [
        [[127 - int(p) if network.inverted else int(p) - 128 for p in c] for c in row]
        for row in pixels
    ]
    made: dict[int, Value] = {-1: values}
    for index, operator in enumerate(network.operators):
        inputs = [made[source] for source in operator.inputs]
        zeros = [network.zero_point_of(source) for source in operator.inputs]
        height, width, channels = operator.shape
        rule = _rule(operator, inputs, zeros)
        made[index] = [
            [[rule((i, j, o)) for o in range(channels)] for j in range(width)]
            for i in range(height)
        ]
    return np.array(made[len(network.operators) - 1])


def _window(
    operator: ops.MaxPooling | ops.AveragePooling | ops.Convolution,
    size: Sequence[int],
    x: Value,
    place: Place,
) -> Iterator[tuple[int, int, Sequence[int]]]:
    """Rows, columns and pixels of a window that are in the image."""
    dilation = operator.dilation if isinstance(operator, ops.Convolution) else (1, 1)
    for r in range(size[0]):
        for c in range(size[1]):
            i = place[0] * operator.strides[0] - operator.padding[0] + r * dilation[0]
            j = place[1] * operator.strides[1] - operator.padding[2] + c * dilation[1]
            if 0 <= i < len(x) and 0 <= j < len(x[0]):
                yield r, c, x[i][j]


def _at(x: Value, place: Place) -> int:
    """A value of an input whose sides of 1 repeat."""
    i, j, k = (0 if side == 1 else n for n, side in zip(place, np.shape(x), strict=True))
    return x[i][j][k]


def _rule(  # noqa: C901, PLR0911 - a case for each operator of the document
    operator: ops.Operator, inputs: Sequence[Value], zeros: Sequence[int]
) -> Callable[[Place], int]:
    """The function that gives the output at a place."""
    x, z = inputs[0], zeros[0]
    flat = [v for row in x for pixel in row for v in pixel]

    def clip(value: int) -> int:
        return min(max(operator.zero_point + value, operator.low), operator.high)

    match operator:
        case ops.Convolution():
            size, out = operator.kernel.shape[:2], operator.kernel.shape[3]
            depth = operator.kernel.shape[2]

            def convolution(place: Place) -> int:
                o = place[2]
                first = o * operator.groups // out * depth
                total = int(operator.bias[o])
                for r, c, pixel in _window(operator, size, x, place):
                    for k in range(depth):
                        total += (pixel[first + k] - z) * int(operator.kernel[r, c, k, o])
                return clip(rounded(total, operator.multiplier[o], operator.shift[o]))

            return convolution
        case ops.Dense():

            def dense(place: Place) -> int:
                o, kernel = place[2], operator.kernel
                total = int(operator.bias[o])
                total += sum((v - z) * int(w) for v, w in zip(flat, kernel[:, o], strict=True))
                return clip(rounded(total, operator.multiplier[o], operator.shift[o]))

            return dense
        case ops.MaxPooling():
            return lambda p: max(v[p[2]] for _, _, v in _window(operator, operator.size, x, p))
        case ops.AveragePooling():

            def average(place: Place) -> int:
                found = [v[place[2]] - z for _, _, v in _window(operator, operator.size, x, place)]
                n = list(operator.counts).index(len(found))
                return clip(rounded(sum(found), operator.multiplier[n], operator.shift[n]))

            return average
        case ops.Lookup():
            return lambda p: int(operator.table[_at(x, p) + 128])
        case ops.Sum():

            def weighted(place: Place) -> int:
                parts = zip(inputs, zeros, operator.multiplier, strict=True)
                total = sum((_at(value, place) - zero) * int(m) for value, zero, m in parts)
                return clip(rounded(total, 1, operator.shift))

            return weighted
        case ops.Product():

            def product(place: Place) -> int:
                total = (_at(x, place) - z) * (_at(inputs[1], place) - zeros[1])
                return clip(rounded(total, operator.multiplier, operator.shift))

            return product
        case ops.Extremum():

            def extremum(place: Place) -> int:
                parts = zip(inputs, zeros, operator.multiplier, strict=True)
                found = [rounded(_at(v, place) - zero, m, operator.shift) for v, zero, m in parts]
                return clip(max(found) if operator.largest else min(found))

            return extremum
        case ops.Concatenation():

            def concatenation(place: Place) -> int:
                i, j, k = place
                for value, zero, m in zip(inputs, zeros, operator.multiplier, strict=True):
                    if k < len(value[0][0]):
                        return clip(rounded(value[i][j][k] - zero, m, operator.shift))
                    k -= len(value[0][0])
                raise IndexError(place)

            return concatenation
        case ops.Padding():
            top, _, left, _ = operator.padding

            def padding(place: Place) -> int:
                i, j = place[0] - top, place[1] - left
                inside = 0 <= i < len(x) and 0 <= j < len(x[0])
                return x[i][j][place[2]] if inside else operator.zero_point

            return padding
        case ops.Cropping():
            return lambda p: x[p[0] + operator.top][p[1] + operator.left][p[2]]
        case ops.UpSampling():
            return lambda p: x[p[0] // operator.size[0]][p[1] // operator.size[1]][p[2]]
    _, width, channels = operator.shape
    return lambda p: flat[(p[0] * width + p[1]) * channels + p[2]]
