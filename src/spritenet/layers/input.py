"""Input: the images of a network, of a shape known beforehand."""

from __future__ import annotations

from collections.abc import Sequence

from spritenet.arguments import image_shape
from spritenet.layers.base import Tensor
from spritenet.migration import accepts

__all__ = ["ImageShape", "Input"]

ImageShape = tuple[int, int, int]
"""Height, width, channels."""


@accepts
class Input(Tensor):
    """The images of a network: what its first layer reads.

    It stands first in the list of a `Sequential`, or is what the first layer of a `Model` is called
    on: `x = sn.Conv2D(8, 3)(sn.Input((28, 28, 1)))`.

    Args:
        shape: height, width, channels; or height, width of grey images.

    Raises:
        ModelError: it is something else.
    """

    __slots__ = ()
    shape: ImageShape

    def __init__(self, shape: Sequence[int | None]) -> None:
        """See the class."""
        super().__init__(image_shape(shape, "shape", "Input"))
