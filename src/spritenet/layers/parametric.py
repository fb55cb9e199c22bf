"""Parametric: the base of layers with a kernel, a bias and an activation, such as Conv2D."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spritenet.layers import activations
from spritenet.layers.activations import ActivationFunction
from spritenet.layers.operator_layer import OperatorLayer

__all__ = ["Parametric"]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Parametric(OperatorLayer):
    """A layer with a kernel, a bias and an activation."""

    if TYPE_CHECKING:  # the field is each class's own, in the order of its arguments
        activation: str

    @property
    def function(self) -> ActivationFunction:
        """The activation with its parameter."""
        return activations.get(self.activation, self.label)

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`."""
        return activations.missing(self.activation)
