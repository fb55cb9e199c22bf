"""IntegerNetwork: an image classifier of integers alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.layers import Shape
from spritenet.quantization.operators import Operator

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["IntegerNetwork", "hwc"]


def hwc(shape: Sequence[int]) -> tuple[int, int, int]:
    """Returns a shape of one to three sides as height, width and channels."""
    height, width, channels = (1, 1, 1, *shape)[-3:]
    return height, width, channels


@dataclass(frozen=True, slots=True, eq=False)
class IntegerNetwork:
    """A network of integer operators, as docs/reference/int8.md specifies it.

    Attributes:
        input_shape: (height, width, channels), (height, width) or (values,) of the uint8 image.
        output_shape: of the output.
        operators: in topological order; the last one gives the output.
        scale: of the image's integers.
        zero_point: of the image's integers.
        inverted: False if a pixel p becomes p - 128; True if it becomes 127 - p.
        activation: the function of the real outputs that the integers leave out: "softmax",
            "log_softmax", "sigmoid" or "linear".
    """

    input_shape: Shape
    output_shape: Shape
    operators: tuple[Operator, ...]
    scale: float
    zero_point: int
    inverted: bool = False
    activation: str = "linear"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the image as operators read it."""
        return hwc(self.input_shape)

    def shape_of(self, index: int) -> tuple[int, int, int]:
        """Returns the shape of an operator's output, or of the image for -1."""
        return self.image_shape if index < 0 else self.operators[index].shape

    def zero_point_of(self, index: int) -> int:
        """Returns the zero point of an operator's output, or of the image for -1."""
        return self.zero_point if index < 0 else self.operators[index].zero_point

    def scale_of(self, index: int) -> float:
        """Returns the scale of an operator's output, or of the image for -1."""
        return self.scale if index < 0 else self.operators[index].scale

    def quantize_images(self, images: NDArray[np.uint8]) -> NDArray[np.int8]:
        """Returns the integers of uint8 images: n h w c, as the first operators read them."""
        signed = (images ^ np.uint8(127 if self.inverted else 128)).view(np.int8)
        return signed.reshape(len(images), *self.image_shape)

    def real_outputs(self, outputs: NDArray[np.signedinteger]) -> NDArray[np.float32]:
        """Returns what outputs mean: dequantized, with the activation applied, float32.

        Args:
            outputs: int8 or int16, (n, *output_shape).
        """
        last = self.operators[-1]
        # Class after class: NumPy reduces a short last axis ten times as slowly.
        classes = np.ascontiguousarray(np.moveaxis(outputs, -1, 0))
        real = np.subtract(classes, last.zero_point, dtype=np.float64) * last.scale
        if self.activation == "sigmoid":
            real = 1 / (1 + np.exp(-real))
        elif self.activation in ("softmax", "log_softmax"):
            real -= real.max(axis=0)
            powers = np.exp(real)
            sums = powers.sum(axis=0)
            real = powers / sums if self.activation == "softmax" else real - np.log(sums)
        return np.ascontiguousarray(np.moveaxis(real.astype(np.float32), 0, -1))
