"""Cropping2D: removal of rows and columns at the edges of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.operator_layer import OperatorLayer, Sides
from spritenet.migration import accepts

__all__ = ["Cropping2D"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Cropping2D(OperatorLayer):
    """Removes rows and columns at the edges of an image.

    Args:
        cropping: one number for all sides, (rows, columns), or ((top, bottom), (left, right)).
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    cropping: Sides
    class_name: ClassVar[str] = "Cropping2D"

    def __init__(
        self,
        cropping: int | Sequence[int] | Sequence[Sequence[int]] = ((0, 0), (0, 0)),
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())
