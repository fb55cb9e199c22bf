"""Lowering: an integer network while its operations in int8 are added to a program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import ModelError
from spritenet.export.c.operation import IMAGE, Operation, Program
from spritenet.quantization import IntegerNetwork
from spritenet.quantization import operators as ops

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Lowering", "Merging", "bounds", "scales", "window_fields"]


Windowed = ops.Convolution | ops.MaxPooling | ops.AveragePooling
"""Operators with strides and padding."""

Rescaled = ops.Convolution | ops.Dense | ops.AveragePooling | ops.Product
"""Operators with multipliers of 31 bits."""

Merging = ops.Sum | ops.Product | ops.Extremum
"""Operators that read values of several inputs at the same place."""


@dataclass(slots=True)
class Lowering:
    """A program while its operations are added, with the value of each operator."""

    network: IntegerNetwork
    program: Program = field(default_factory=Program)
    outputs: list[int] = field(default_factory=list)
    image: int = IMAGE

    def source(self, index: int) -> int:
        """The value of an operator, or the image."""
        return IMAGE if index < 0 else self.outputs[index]

    def value(self, index: int) -> int:
        """The value of an operator, int8 also where it is the image's."""
        value = self.source(index)
        if value != IMAGE:
            return value
        if self.image == IMAGE:
            self.image = self.program.value(self.network.image_shape)
            size = prod(self.network.image_shape)
            call = Operation("read_pixels", "image", (IMAGE,), self.image, (size, self.flip))
            self.program.add(call)
        return self.image

    @property
    def flip(self) -> int:
        """The bits that differ between a pixel and its integer."""
        return 127 if self.network.inverted else -128

    def zero(self, index: int) -> int:
        """The zero point of an operator's output."""
        return self.network.zero_point_of(index)

    def add(self, operator: ops.Operator, function: str, *arguments: int, **more: Any) -> int:
        """Adds an operation of an operator's inputs, and returns its output."""
        inputs = tuple(self.value(index) for index in operator.inputs)
        output = self.program.value(operator.shape)
        call = Operation(function, operator.name, inputs, output, arguments, **more)
        return self.program.add(call)


def bounds(operator: ops.Operator) -> dict[str, int]:
    """The zero point and the bounds of an output."""
    return {"zero": operator.zero_point, "low": operator.low, "high": operator.high}


def scales(operator: Rescaled, largest: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """The multipliers and shifts as arrays of C.

    Raises:
        ModelError: a sum could leave 32 bits when it is rescaled.
    """
    factors = np.asarray(operator.multiplier, np.float64) / 2.0 ** np.asarray(operator.shift)
    if (largest * factors).max(initial=0) >= 2**31 - 2**16:
        raise ModelError("its values are too large for C", where=operator.name)
    return {
        "multiplier": np.atleast_1d(operator.multiplier).astype(np.int32),
        "shift": np.atleast_1d(operator.shift).astype(np.uint8),
    }


def window_fields(
    lowering: Lowering, operator: Windowed, size: Sequence[int], of: str
) -> dict[str, int]:
    """Returns the fields of windows.

    Args:
        lowering: the program.
        operator: with strides and padding.
        size: height and width of a window.
        of: "kernel" or "pool", the field of the size.
    """
    height, width, channels = lowering.network.shape_of(operator.inputs[0])
    top, _, left, _ = operator.padding
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "out_height": operator.shape[0],
        "out_width": operator.shape[1],
        "stride_height": operator.strides[0],
        "stride_width": operator.strides[1],
        "pad_top": top,
        "pad_left": left,
        f"{of}_height": size[0],
        f"{of}_width": size[1],
    }
