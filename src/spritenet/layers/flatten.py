"""Flatten: an image reshaped to a vector."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.base import Layer, Shape
from spritenet.migration import accepts

__all__ = ["Flatten"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Flatten(Layer):
    """Flattens an image (h w c) to a vector (h·w·c), row by row, channels last, as in Keras."""

    class_name: ClassVar[str] = "Flatten"

    def __init__(
        self, *, name: str | None = None, input_shape: Sequence[int] | None = None
    ) -> None:
        """See the class."""
        self._set(name, input_shape)

    def output_shape(self, input_shape: Shape) -> Shape:
        """(h·w·c,). See `Layer.output_shape`."""
        return (math.prod(input_shape),)

    def config(self) -> dict[str, object]:
        """See `Layer.config`."""
        return {**super(Flatten, self).config(), "data_format": "channels_last"}
