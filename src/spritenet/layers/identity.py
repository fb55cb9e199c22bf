"""Identity: passes its input through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.operator_layer import OperatorLayer
from spritenet.migration import accepts

__all__ = ["Identity"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Identity(OperatorLayer):
    """Returns its input unchanged.

    Args:
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    class_name: ClassVar[str] = "Identity"

    def __init__(
        self,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())
