"""Dropout: outputs silenced at random while training."""

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

    Which ones is a function of the training's seed, the step and the place, so that a resumed
    training drops the same ones.

    Args:
        rate: the fraction, 0 ≤ rate < 1.
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: the rate is wrong.
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
