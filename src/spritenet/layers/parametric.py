"""The base of Conv2D, DepthwiseConv2D and Dense: a kernel, a bias and an activation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from spritenet import initializers, regularizers
from spritenet.initializers import Initializer
from spritenet.layers import activations
from spritenet.layers.activations import ActivationFunction
from spritenet.layers.base import Layer, Shape, Weight
from spritenet.regularizers import L2

__all__ = ["Parametric"]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Parametric(Layer):
    """A layer with a trained kernel and, if `use_bias`, a trained bias for each output channel.

    Each class has the fields below, those of the kernel under `kernel_name`.
    """

    if TYPE_CHECKING:  # the fields are the classes' own, in the order of their arguments
        activation: str
        use_bias: bool
        bias_initializer: Initializer
        bias_regularizer: L2 | None
    kernel_name: ClassVar[str] = "kernel"
    kernel_weight: ClassVar[str] = "kernel"

    @property
    def rules(self) -> tuple[Initializer, Initializer]:
        """The initializers of kernel and bias."""
        return getattr(self, f"{self.kernel_name}_initializer"), self.bias_initializer

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
            bias_initializer=initializers.get(starts[1], where),
            bias_regularizer=regularizers.get(penalties[1], where),
            **{
                f"{self.kernel_name}_initializer": initializers.get(starts[0], where),
                f"{self.kernel_name}_regularizer": regularizers.get(penalties[0], where),
            },
        )

    @property
    def function(self) -> ActivationFunction:
        """The activation with its parameter."""
        return activations.get(self.activation, self.label)

    def _kernel_and_bias(self, kernel_shape: Shape, outputs: int) -> tuple[Weight, ...]:
        """The weights for a kernel of that shape and so many output channels."""
        penalty: L2 | None = getattr(self, f"{self.kernel_name}_regularizer")
        l2 = penalty.l2 if penalty else 0.0
        kernel = Weight(self.kernel_weight, kernel_shape, self.rules[0], l2)
        if not self.use_bias:
            return (kernel,)
        l2 = self.bias_regularizer.l2 if self.bias_regularizer else 0.0
        return kernel, Weight("bias", (outputs,), self.bias_initializer, l2)

    def _default(self, name: str, default: object, /) -> object:
        """Returns the default of the argument as a field."""
        if name.endswith("_initializer"):
            return initializers.get(default)
        return "linear" if name == "activation" else default

    def config(self) -> dict[str, object]:
        """See `Layer.config`."""
        config = super(Parametric, self).config()
        for name in (f"{self.kernel_name}_initializer", "bias_initializer"):
            rule: Initializer = getattr(self, name)
            config[name] = {"class_name": type(rule).__name__, "config": rule.config()}
        for name in (f"{self.kernel_name}_regularizer", "bias_regularizer"):
            penalty: L2 | None = getattr(self, name)
            config[name] = penalty and penalty.config()
        return {
            **config,
            "activity_regularizer": None,
            f"{self.kernel_name}_constraint": None,
            "bias_constraint": None,
        }
