"""Input: the shape of a network's images, known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spritenet.arguments import image_shape
from spritenet.migration import accepts, not_called

__all__ = ["ImageShape", "Input"]

ImageShape = tuple[int, int, int]
"""Height, width, channels."""


@accepts
@dataclass(frozen=True, slots=True, init=False)
class Input:
    """The first of a Sequential's layers where its images' shape is known beforehand.

    Args:
        shape: height, width, channels; or height, width of grey images.

    Raises:
        ModelError: it is something else.
    """

    shape: ImageShape

    def __init__(self, shape: Sequence[int | None]) -> None:
        """See the class."""
        object.__setattr__(self, "shape", image_shape(shape, "shape", "Input"))

    if not TYPE_CHECKING:  # type checkers shall know what is missing

        def __call__(self, *_: object, **__: object) -> object:
            """Refuses the functional API."""
            raise not_called("Input")
