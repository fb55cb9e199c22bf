"""Activation layers: Activation, ReLU, LeakyReLU, ELU and Softmax."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.arguments import number
from spritenet.errors import ModelError
from spritenet.layers import activations
from spritenet.layers.activations import ActivationFunction
from spritenet.layers.base import Layer, Shape
from spritenet.migration import accepts

__all__ = ["ELU", "Activation", "ActivationLayer", "LeakyReLU", "ReLU", "Softmax"]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class ActivationLayer(Layer):
    """A layer that only applies its `function`."""

    @property
    @abstractmethod
    def function(self) -> ActivationFunction:
        """The function applied to every input."""

    @property
    def as_name(self) -> str | None:
        """The name that means the same as an `activation=` of other layers; None for none."""
        function = self.function
        return function.name if activations.names()[function.name] == function.alpha else None

    def output_shape(self, input_shape: Shape) -> Shape:
        """The input's."""
        return input_shape

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`."""
        return activations.missing(self.function.name)


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Activation(ActivationLayer):
    """Applies an activation function by name.

    Args:
        activation: one of `activations.names()`.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: the name is unknown.
    """

    activation: str
    class_name: ClassVar[str] = "Activation"

    def __init__(
        self, activation: str, *, name: str | None = None, input_shape: Sequence[int] | None = None
    ) -> None:
        """See the class."""
        self._set(
            name, input_shape, activation=activations.get(activation, name or self.class_name).name
        )

    @property
    def function(self) -> ActivationFunction:
        """The function applied to every input."""
        return activations.get(self.activation, self.label)


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class ReLU(ActivationLayer):
    """max(x, 0), at most `max_value`, with slope `negative_slope` below 0.

    With a threshold, x from there on, and `negative_slope · (x - threshold)` below.

    Args:
        max_value: the largest output; None for none.
        negative_slope: the slope below the threshold.
        threshold: the smallest input that is passed on.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is negative, or not a finite number.
    """

    max_value: float | None
    negative_slope: float
    threshold: float
    class_name: ClassVar[str] = "ReLU"

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        where = name or self.class_name
        top = None if max_value is None else number(max_value, "max_value", where, least=0)
        self._set(
            name,
            input_shape,
            max_value=top,
            negative_slope=number(negative_slope, "negative_slope", where, least=0),
            threshold=number(threshold, "threshold", where, least=0),
        )

    @property
    def function(self) -> ActivationFunction:
        """The function applied to every input; "relu" for those without a name of their own."""
        if self._is_named and self.negative_slope:
            return ActivationFunction("leaky_relu", self.negative_slope)
        return ActivationFunction("relu6" if self._is_named and self.max_value else "relu")

    @property
    def as_name(self) -> str | None:
        """See `ActivationLayer`."""
        return super(ReLU, self).as_name if self._is_named else None

    @property
    def _is_named(self) -> bool:
        """Tells if it is a relu, a relu6 or a leaky_relu."""
        return not self.threshold and (
            self.max_value is None or (self.max_value == 6 and not self.negative_slope)
        )

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`."""
        if self.threshold:
            return "ReLU with a threshold"
        sloped = self.negative_slope and self.max_value is not None
        return "ReLU with both max_value and negative_slope" if sloped else ""


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class LeakyReLU(ActivationLayer):
    """x, but `negative_slope · x` below 0.

    Args:
        negative_slope: the slope below 0 (0.3 in the layer, 0.2 in the string, as in Keras).
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: the slope is negative.
    """

    negative_slope: float
    class_name: ClassVar[str] = "LeakyReLU"

    def __init__(
        self,
        negative_slope: float = 0.3,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        where = name or self.class_name
        self._set(
            name,
            input_shape,
            negative_slope=number(negative_slope, "negative_slope", where, least=0),
        )

    @property
    def function(self) -> ActivationFunction:
        """The function applied to every input."""
        return ActivationFunction("leaky_relu", self.negative_slope)

    def config(self) -> dict[str, object]:
        """With the slope under its Keras-2 name, `alpha`."""
        config = super(LeakyReLU, self).config()
        config["alpha"] = config.pop("negative_slope")
        return config


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class ELU(ActivationLayer):
    """x, but `alpha · (exp(x) - 1)` below 0.

    Args:
        alpha: the scale below 0, at least 0.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: alpha is negative, or not a finite number.
    """

    alpha: float
    class_name: ClassVar[str] = "ELU"

    def __init__(
        self,
        alpha: float = 1.0,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set(name, input_shape, alpha=number(alpha, "alpha", name or self.class_name, least=0))

    @property
    def function(self) -> ActivationFunction:
        """The function applied to every input."""
        return ActivationFunction("elu", self.alpha)

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`."""
        return "ELU whose alpha is not 1" if self.alpha != 1 else ""


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Softmax(ActivationLayer):
    """exp(x) / Σ exp(x) over an axis.

    Args:
        axis: the axis of the sum: -1, the last, or another one, from -3 to -1 or from 1 to 3 (0 is
            the batch).
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: the axis is not one of these.
    """

    axis: int
    class_name: ClassVar[str] = "Softmax"

    def __init__(
        self, axis: int = -1, *, name: str | None = None, input_shape: Sequence[int] | None = None
    ) -> None:
        """See the class."""
        where = name or self.class_name
        if type(axis) is not int or axis not in (-3, -2, -1, 1, 2, 3):
            raise ModelError("invalid axis", where=where, expected="-3 to -1, 1 to 3", got=axis)
        self._set(name, input_shape, axis=axis)

    @property
    def function(self) -> ActivationFunction:
        """The function applied along the axis."""
        return ActivationFunction("softmax")

    @property
    def as_name(self) -> str | None:
        """See `ActivationLayer`."""
        return "softmax" if self.axis == -1 else None

    def output_shape(self, input_shape: Shape) -> Shape:
        """The input's, if it has the axis."""
        rank = len(input_shape)
        if not -rank <= self.axis <= rank:
            raise ModelError(
                "its input has no such axis",
                where=self.label,
                expected=f"-{rank} to -1, 1 to {rank}",
                got=self.axis,
            )
        return input_shape
