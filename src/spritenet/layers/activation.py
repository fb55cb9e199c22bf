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

    def output_shape(self, input_shape: Shape) -> Shape:
        """The input's."""
        return input_shape


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Activation(ActivationLayer):
    """Applies an activation function by name.

    Args:
        activation: a name in `activations.ACTIVATIONS`.
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

    Args:
        max_value: None or 6.
        negative_slope: the slope below 0; only without a `max_value`.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: `max_value` is another number.
    """

    max_value: float | None
    negative_slope: float
    class_name: ClassVar[str] = "ReLU"

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        where = name or self.class_name
        top = None if max_value is None else number(max_value, "max_value", where)
        slope = number(negative_slope, "negative_slope", where, least=0)
        if top not in (None, 6.0) or (top and slope):
            raise ModelError(
                "unsupported arguments of ReLU",
                where=where,
                expected="max_value None, or 6 with negative_slope 0",
                got=f"max_value {top}, negative_slope {slope}",
            )
        self._set(name, input_shape, max_value=top, negative_slope=slope)

    @property
    def function(self) -> ActivationFunction:
        """The function applied to every input."""
        if self.negative_slope:
            return ActivationFunction("leaky_relu", self.negative_slope)
        return ActivationFunction("relu6" if self.max_value else "relu")

    def config(self) -> dict[str, object]:
        """See `Layer.config`."""
        return {**super(ReLU, self).config(), "threshold": 0.0}


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


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Softmax(ActivationLayer):
    """exp(x) / Σ exp(x) over the last axis.

    Args:
        axis: the axis of the sum; only -1, the last, is supported.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: the axis is not -1.
    """

    axis: int
    class_name: ClassVar[str] = "Softmax"

    def __init__(
        self, axis: int = -1, *, name: str | None = None, input_shape: Sequence[int] | None = None
    ) -> None:
        """See the class."""
        if axis != -1:
            where = name or self.class_name
            raise ModelError("unsupported axis", where=where, expected=-1, got=axis)
        self._set(name, input_shape, axis=-1)

    @property
    def function(self) -> ActivationFunction:
        """The function applied to every input."""
        return ActivationFunction("softmax")
