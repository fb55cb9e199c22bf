"""Rescaling: a linear map of the pixels, such as from 0–255 to 0–1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.arguments import number
from spritenet.layers.base import Layer, Shape
from spritenet.migration import accepts

__all__ = ["Rescaling"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Rescaling(Layer):
    """`x · scale + offset`. `Rescaling(1 / 255)` maps pixels from 0–255 to 0–1.

    Args:
        scale: the factor.
        offset: the number added.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is not a finite number.
    """

    scale: float
    offset: float
    class_name: ClassVar[str] = "Rescaling"

    def __init__(
        self,
        scale: float,
        offset: float = 0.0,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        where = name or self.class_name
        self._set(
            name,
            input_shape,
            scale=number(scale, "scale", where),
            offset=number(offset, "offset", where),
        )

    def output_shape(self, input_shape: Shape) -> Shape:
        """The input's."""
        return input_shape
