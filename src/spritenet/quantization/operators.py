"""The operators of an integer network, as docs/reference/int8.md specifies them.

All values are images h w c; a vector of n values is 1 1 n.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "INT8",
    "INT16",
    "AveragePooling",
    "Concatenation",
    "Convolution",
    "Cropping",
    "Dense",
    "Extremum",
    "Lookup",
    "MaxPooling",
    "Operator",
    "Padding",
    "Product",
    "Reshaping",
    "Sum",
    "UpSampling",
]

INT8, INT16 = (-128, 127), (-32768, 32767)
"""The bounds of the types."""

Pair = tuple[int, int]
Sides = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Operator:
    """An operator. A real value is `scale · (q - zero_point)`.

    Attributes:
        name: of the layer whose output it gives.
        inputs: the index of each operator that it reads; -1 for the image.
        shape: height, width and channels of the output.
        scale: of the output; no integer depends on it.
        zero_point: the integer that stands for 0.
        low: the lower bound of the output.
        high: the upper bound of the output. Above 127 or with `low` below -128, the output is
            int16; only the last operator's may be.
    """

    name: str
    inputs: tuple[int, ...]
    shape: tuple[int, int, int]
    scale: float
    zero_point: int
    low: int = -128
    high: int = 127

    @property
    def dtype(self) -> type[np.signedinteger]:
        """The type of the output, int8 or int16."""
        return np.int8 if self.low >= -128 and self.high <= 127 else np.int16


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Convolution(Operator):
    """A 2-D convolution; also depthwise, and batch normalization that could not be folded.

    Attributes:
        kernel: int8, (kernel_height, kernel_width, in / groups, out).
        bias: int32, (out,).
        multiplier: int32, (out,): from 0 to 2³¹ - 1.
        shift: int32, (out,): from 1 to 62.
        strides: along height and width.
        dilation: along height and width.
        padding: rows above and below, columns left and right.
        groups: groups of channels; for a depthwise convolution the input's channels.
    """

    kernel: NDArray[np.int8]
    bias: NDArray[np.int32]
    multiplier: NDArray[np.int32]
    shift: NDArray[np.int32]
    strides: Pair = (1, 1)
    dilation: Pair = (1, 1)
    padding: Sides = (0, 0, 0, 0)
    groups: int = 1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Dense(Operator):
    """A fully connected layer; it reads its whole input in the order h w c.

    Attributes:
        kernel: int8, (in, out).
        bias: int32, (out,).
        multiplier: int32, (out,).
        shift: int32, (out,).
    """

    kernel: NDArray[np.int8]
    bias: NDArray[np.int32]
    multiplier: NDArray[np.int32]
    shift: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MaxPooling(Operator):
    """The largest value of each window; padding does not count. Scale as the input's.

    Attributes:
        size: height and width of a window.
        strides: along height and width.
        padding: rows above and below, columns left and right.
    """

    size: Pair
    strides: Pair
    padding: Sides = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AveragePooling(Operator):
    """The mean of each window; padding does not count.

    Attributes:
        size: height and width of a window.
        strides: along height and width.
        padding: rows above and below, columns left and right.
        counts: int32, (k,): the numbers of values that windows have, ascending.
        multiplier: int32, (k,): for each of these numbers.
        shift: int32, (k,): for each of these numbers.
    """

    size: Pair
    strides: Pair
    padding: Sides
    counts: NDArray[np.int32]
    multiplier: NDArray[np.int32]
    shift: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lookup(Operator):
    """A function of one value, as a table.

    Attributes:
        table: int8, (256,): the output for -128, -127, …, 127.
    """

    table: NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sum(Operator):
    """The weighted sum of its inputs: Add, Subtract and Average. Sides of 1 repeat.

    Attributes:
        multiplier: int32, one for each input.
        shift: from 1 to 24.
    """

    multiplier: NDArray[np.int32]
    shift: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Product(Operator):
    """The product of two inputs. Sides of 1 repeat.

    Attributes:
        multiplier: from 0 to 2³¹ - 1.
        shift: from 1 to 62.
    """

    multiplier: int
    shift: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Extremum(Operator):
    """The largest or smallest of its inputs, each rescaled to the output. Sides of 1 repeat.

    Attributes:
        largest: True for Maximum, False for Minimum.
        multiplier: int32, one for each input.
        shift: from 1 to 24.
    """

    largest: bool
    multiplier: NDArray[np.int32]
    shift: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Concatenation(Operator):
    """The channels of its inputs, one after the other, each rescaled to the output.

    Attributes:
        multiplier: int32, one for each input.
        shift: from 1 to 24.
    """

    multiplier: NDArray[np.int32]
    shift: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Padding(Operator):
    """Rows and columns of the zero point around an image. Scale as the input's.

    Attributes:
        padding: rows above and below, columns left and right.
    """

    padding: Sides


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cropping(Operator):
    """An image without some rows and columns at its edges. Scale as the input's.

    Attributes:
        top: rows left out above.
        left: columns left out at the left.
    """

    top: int
    left: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class UpSampling(Operator):
    """Each pixel repeated along height and width. Scale as the input's.

    Attributes:
        size: the factors for height and width.
    """

    size: Pair


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Reshaping(Operator):
    """The same values in the same order h w c, with another shape. Scale as the input's."""
