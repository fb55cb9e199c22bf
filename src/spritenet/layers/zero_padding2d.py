"""ZeroPadding2D: zero padding of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.operator_layer import OperatorLayer, Sides
from spritenet.migration import accepts

__all__ = ["ZeroPadding2D"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class ZeroPadding2D(OperatorLayer):
    """Adds rows and columns of zeros around an image.

    Args:
        padding: one number for all sides, (rows, columns), or ((top, bottom), (left, right)).
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: the padding is invalid.
    """

    padding: Sides
    class_name: ClassVar[str] = "ZeroPadding2D"

    def __init__(
        self,
        padding: int | Sequence[int] | Sequence[Sequence[int]] = (1, 1),
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())
