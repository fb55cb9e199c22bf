"""Input: the shape of a network's images, and the check that images fit it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt, prod

from spritenet.arguments import input_shape
from spritenet.layers.base import Shape, Tensor
from spritenet.migration import accepts

__all__ = ["ImageShape", "Input", "fits", "image_shape"]

ImageShape = tuple[int, int, int]
"""Height, width, channels."""

LEAST_SIDE = 8
"""Smallest side of images that are taken to be square: fewer values are seldom pixels."""


@accepts
class Input(Tensor):
    """The input of a network: images of one shape.

    Put it first in the list of a `Sequential`, or call the first layer of a `Model` on it:
    `x = sn.Conv2D(8, 3)(sn.Input((28, 28, 1)))`.

    Args:
        shape: (height, width, channels); (height, width), without an axis of channels; or
            (values,), for images as vectors.

    Raises:
        ModelError: the shape is invalid.
    """

    __slots__ = ()

    def __init__(self, shape: Sequence[int | None]) -> None:
        """See the class."""
        super().__init__(input_shape(shape, "shape", "Input"))


def image_shape(shape: Shape) -> ImageShape:
    """Returns height, width and channels of the images that an input of a shape holds.

    A vector holds a square image, grey or of three channels, if it has as many values.

    >>> image_shape((28, 28)), image_shape((784,)), image_shape((3072,)), image_shape((13,))
    ((28, 28, 1), (28, 28, 1), (32, 32, 3), (1, 13, 1))
    """
    if len(shape) == 3:
        height, width, channels = shape
        return height, width, channels
    if len(shape) == 2:
        return shape[0], shape[1], 1
    size = prod(shape)
    for channels in (1, 3):
        side = isqrt(size // channels)
        if side >= LEAST_SIDE and side * side * channels == size:
            return side, side, channels
    return 1, size, 1


def fits(images: Shape, shape: Shape) -> bool:
    """Returns True if an input of a shape takes images of another.

    One without an axis of channels takes any images of as many values, in their order.

    >>> fits((28, 28, 1), (784,)), fits((28, 28, 1), (32, 32, 3))
    (True, False)
    """
    return images == shape or (len(shape) < 3 and prod(images) == prod(shape))
