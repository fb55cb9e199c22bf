"""Pooling layers: the maximum or average of each window, or of each whole channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.arguments import choice, pair
from spritenet.layers.operator_layer import OperatorLayer
from spritenet.migration import accepts

__all__ = [
    "AveragePooling2D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "MaxPooling2D",
]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Pooling2D(OperatorLayer):
    """Base of layers that reduce each window of a channel to one number.

    Args:
        pool_size: the height and width of a window, or one number for both.
        strides: the stride along height and width, or one number for both; None for `pool_size`.
        padding: "valid" (no padding) or "same"; padding counts neither in the maximum nor in the
            average.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    pool_size: tuple[int, int]
    strides: tuple[int, int]
    padding: str
    class_name: ClassVar[str] = "Pooling2D"

    def __init__(
        self,
        pool_size: int | Sequence[int] = (2, 2),
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        where = name or self.class_name
        window = pair(pool_size, "pool_size", where)
        self._set(
            name,
            input_shape,
            pool_size=window,
            strides=window if strides is None else pair(strides, "strides", where),
            padding=choice(padding, "padding", where, ("valid", "same")),
        )

    def _default(self, name: str, default: object, /) -> object:
        """Returns the default of the argument as a field."""
        if name == "strides":
            return self.pool_size
        return super(Pooling2D, self)._default(name, default)


class MaxPooling2D(Pooling2D):
    """Max pooling: the largest value of each window. Arguments: see `Pooling2D`."""

    __slots__ = ()
    class_name = "MaxPooling2D"


class AveragePooling2D(Pooling2D):
    """Average pooling: the mean of each window. Arguments: see `Pooling2D`."""

    __slots__ = ()
    class_name = "AveragePooling2D"


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class GlobalPooling2D(OperatorLayer):
    """Base of layers that reduce each channel to one number: h w c becomes a vector of c.

    Args:
        keepdims: if True, the output is an image of 1×1 pixels.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    keepdims: bool
    class_name: ClassVar[str] = "GlobalPooling2D"

    def __init__(
        self,
        keepdims: bool = False,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())


class GlobalAveragePooling2D(GlobalPooling2D):
    """Global average pooling: the mean of each channel, a vector of c."""

    __slots__ = ()
    class_name = "GlobalAveragePooling2D"


class GlobalMaxPooling2D(GlobalPooling2D):
    """Global max pooling: the largest value of each channel, a vector of c."""

    __slots__ = ()
    class_name = "GlobalMaxPooling2D"
