"""What Conv2D and Dense share: a kernel, a bias and an activation."""

from __future__ import annotations

from dataclasses import dataclass

from spritenet import initializers, regularizers
from spritenet.initializers import Initializer
from spritenet.layers import activations
from spritenet.layers.activations import ActivationFunction
from spritenet.layers.base import Layer, Shape, Weight
from spritenet.regularizers import L2

__all__ = ["Learnt"]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Learnt(Layer):
    """A layer that learns a kernel and, if `use_bias`, one number for each of its outputs."""

    activation: str
    use_bias: bool
    kernel_initializer: Initializer
    bias_initializer: Initializer
    kernel_regularizer: L2 | None
    bias_regularizer: L2 | None

    def _set_learnt(
        self,
        *,
        activation: str | None,
        use_bias: bool,
        starts: tuple[str | Initializer, str | Initializer],
        penalties: tuple[str | L2 | None, str | L2 | None],
    ) -> None:
        """Check and fill the shared fields (kernel's, bias's), once, from `__init__`."""
        where = self.label
        self._fill(
            activation=activations.get(activation, where).name,
            use_bias=bool(use_bias),
            kernel_initializer=initializers.get(starts[0], where),
            bias_initializer=initializers.get(starts[1], where),
            kernel_regularizer=regularizers.get(penalties[0], where),
            bias_regularizer=regularizers.get(penalties[1], where),
        )

    @property
    def function(self) -> ActivationFunction:
        """The activation with its parameter."""
        return activations.get(self.activation, self.label)

    def _kernel_and_bias(self, kernel_shape: Shape) -> tuple[Weight, ...]:
        """The weights for a kernel of that shape, whose last axis is the outputs."""
        l2 = self.kernel_regularizer.l2 if self.kernel_regularizer else 0.0
        kernel = Weight("kernel", kernel_shape, self.kernel_initializer, l2)
        if not self.use_bias:
            return (kernel,)
        l2 = self.bias_regularizer.l2 if self.bias_regularizer else 0.0
        return kernel, Weight("bias", kernel_shape[-1:], self.bias_initializer, l2)

    def _default(self, name: str, default: object, /) -> object:
        """What the default of the argument became as a field."""
        if name.endswith("_initializer"):
            return initializers.get(default)
        return "linear" if name == "activation" else default

    def config(self) -> dict[str, object]:
        """See `Layer.config`."""
        config = super(Learnt, self).config()
        for name in ("kernel_initializer", "bias_initializer"):
            rule: Initializer = getattr(self, name)
            config[name] = {"class_name": type(rule).__name__, "config": rule.config()}
        for name in ("kernel_regularizer", "bias_regularizer"):
            penalty: L2 | None = getattr(self, name)
            config[name] = penalty and penalty.config()
        return {
            **config,
            "activity_regularizer": None,
            "kernel_constraint": None,
            "bias_constraint": None,
        }
