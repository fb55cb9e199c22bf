"""Cropping2D: an image without rows and columns at its sides."""

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
    """Takes rows and columns off an image.

    Args:
        cropping: one number for all sides, (rows, columns), or ((top, bottom), (left, right)).
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
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
