"""Flatten: an image as one vector."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.base import Layer, Shape

__all__ = ["Flatten"]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Flatten(Layer):
    """An image h w c as a vector of h·w·c: row after row, channels together, as in Keras."""

    class_name: ClassVar[str] = "Flatten"

    def __init__(self, name: str | None = None) -> None:
        """See the class."""
        self._set(name)

    def output_shape(self, input_shape: Shape) -> Shape:
        """(h·w·c,). See `Layer.output_shape`."""
        return (math.prod(input_shape),)

    def config(self) -> dict[str, object]:
        """See `Layer.config`."""
        return {**super(Flatten, self).config(), "data_format": "channels_last"}
