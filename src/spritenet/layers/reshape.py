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
    """The same values, row after row, in another shape.

    Args:
        target_shape: one to three sides, without the batch; -1 in it is what is left.
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
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
