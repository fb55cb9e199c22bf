"""Layers of several inputs: sum, difference, product, mean, extremes, channels joined."""

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
    """A layer of two or more inputs of one shape; a side of 1 is as long as the others'.

    Args:
        name: its name in messages, summaries and files.
    """

    class_name: ClassVar[str] = "Merge"

    def __init__(self, *, name: str | None = None, input_shape: None = None) -> None:
        """See the class."""
        self._set_arguments(locals())


class Add(Merge):
    """The sum of its inputs, value by value. See `Merge`."""

    __slots__ = ()
    class_name = "Add"


class Subtract(Merge):
    """The first input less the second, value by value. See `Merge`."""

    __slots__ = ()
    class_name = "Subtract"


class Multiply(Merge):
    """The product of its inputs, value by value. See `Merge`."""

    __slots__ = ()
    class_name = "Multiply"


class Average(Merge):
    """The mean of its inputs, value by value. See `Merge`."""

    __slots__ = ()
    class_name = "Average"


class Maximum(Merge):
    """The largest of its inputs, value by value; the first of equal ones. See `Merge`."""

    __slots__ = ()
    class_name = "Maximum"


class Minimum(Merge):
    """The smallest of its inputs, value by value; the first of equal ones. See `Merge`."""

    __slots__ = ()
    class_name = "Minimum"


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Concatenate(OperatorLayer):
    """Its inputs behind each other along the last axis.

    Args:
        axis: -1, the channels; no other is supported.
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
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
