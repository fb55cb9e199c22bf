"""Dropout: random inputs set to 0 in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.arguments import number
from spritenet.layers.base import Layer, Shape
from spritenet.migration import accepts

__all__ = ["Dropout"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Dropout(Layer):
    """In training, sets a fraction of its inputs to 0 and multiplies the others by 1 / (1 - rate).

    The choice depends only on the training's seed, the step and the position, so a resumed training
    drops the same inputs.

    Args:
        rate: the fraction of inputs to drop, 0 ≤ rate < 1.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: the rate is out of range.
    """

    rate: float
    class_name: ClassVar[str] = "Dropout"

    def __init__(
        self, rate: float, *, name: str | None = None, input_shape: Sequence[int] | None = None
    ) -> None:
        """See the class."""
        where = name or self.class_name
        self._set(name, input_shape, rate=number(rate, "rate", where, least=0, below=1))

    def output_shape(self, input_shape: Shape) -> Shape:
        """The input's."""
        return input_shape

    def config(self) -> dict[str, object]:
        """See `Layer.config`."""
        return {**super(Dropout, self).config(), "noise_shape": None, "seed": None}
