"""FakeQuantization: a layer that rounds values as int8 does, for fine-tuning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.operator_layer import OperatorLayer

__all__ = ["FakeQuantization"]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class FakeQuantization(OperatorLayer):
    """`scale · clip(round(x / scale), low, high)`; gradients pass where no value saturates.

    Args:
        scale: the size of a step.
        low: the lower bound, in steps.
        high: the upper bound, in steps.
        name: the layer's name in messages.
        input_shape: the shape of one image, if this is the first layer.
    """

    scale: float
    low: float
    high: float
    class_name: ClassVar[str] = "FakeQuantization"

    def __init__(
        self,
        scale: float,
        low: float,
        high: float,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())
