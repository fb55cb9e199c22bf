"""Merging layers: sum, difference, product, mean, maximum, minimum and concatenation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.errors import ModelError
from spritenet.layers.operator_layer import OperatorLayer
from spritenet.migration import accepts

__all__ = ["Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Merge(OperatorLayer):
    """Base of layers that merge two or more inputs of one shape; dimensions of 1 are broadcast.

    Args:
        name: the layer's name in messages, summaries and files.
    """

    class_name: ClassVar[str] = "Merge"

    def __init__(self, *, name: str | None = None, input_shape: None = None) -> None:
        """See the class."""
        self._set_arguments(locals())


class Add(Merge):
    """Adds its inputs element by element. See `Merge`."""

    __slots__ = ()
    class_name = "Add"


class Subtract(Merge):
    """Subtracts the second input from the first, element by element. See `Merge`."""

    __slots__ = ()
    class_name = "Subtract"

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`."""
        return "Subtract"


class Multiply(Merge):
    """Multiplies its inputs element by element. See `Merge`."""

    __slots__ = ()
    class_name = "Multiply"


class Average(Merge):
    """Averages its inputs element by element. See `Merge`."""

    __slots__ = ()
    class_name = "Average"


class Maximum(Merge):
    """The element-wise maximum of its inputs; of ties, the first gets the gradient. See `Merge`."""

    __slots__ = ()
    class_name = "Maximum"


class Minimum(Merge):
    """The element-wise minimum of its inputs; of ties, the first gets the gradient. See `Merge`."""

    __slots__ = ()
    class_name = "Minimum"


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Concatenate(OperatorLayer):
    """Concatenates its inputs along the last axis.

    Args:
        axis: the axis to concatenate along; only -1, the channels, is supported.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    axis: int
    class_name: ClassVar[str] = "Concatenate"

    def __init__(
        self,
        axis: int = -1,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())

    def _checked(self, name: str, value: object, where: str) -> object:
        """See `OperatorLayer`."""
        if name == "axis" and value != -1:
            raise ModelError("unsupported axis", where=where, expected=-1, got=value)
        return value
