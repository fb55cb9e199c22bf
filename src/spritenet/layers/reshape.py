"""Reshape: the same values in another shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.operator_layer import OperatorLayer
from spritenet.migration import accepts

__all__ = ["Reshape"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Reshape(OperatorLayer):
    """Reshapes its input, row by row.

    Args:
        target_shape: one to three dimensions, without the batch axis; one may be -1, which is
            inferred.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    target_shape: tuple[int, ...]
    class_name: ClassVar[str] = "Reshape"

    def __init__(
        self,
        target_shape: int | Sequence[int],
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())
