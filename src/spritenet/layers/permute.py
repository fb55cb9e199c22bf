"""Permute: permutation of the axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.operator_layer import OperatorLayer
from spritenet.migration import accepts

__all__ = ["Permute"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Permute(OperatorLayer):
    """Permutes the axes of its input.

    Args:
        dims: the axes, counted from 1 without the batch axis: (2, 1, 3) swaps height and width.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    dims: tuple[int, ...]
    class_name: ClassVar[str] = "Permute"

    def __init__(
        self,
        dims: int | Sequence[int],
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())
