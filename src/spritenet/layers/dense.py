"""Dense: every output reads every input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.arguments import count
from spritenet.errors import ModelError
from spritenet.initializers import Initializer
from spritenet.layers.base import Shape, Weight
from spritenet.layers.parametric import Parametric
from spritenet.migration import accepts
from spritenet.regularizers import L2

__all__ = ["Dense"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Dense(Parametric):
    """A matrix product over vectors, then an activation. Images need `Flatten()` before it.

    Args:
        units: how many outputs it makes.
        activation: a name in `activations.ACTIVATIONS`; None is linear.
        use_bias: whether each output adds a number of its own.
        kernel_initializer: how the kernel (in, units) begins.
        bias_initializer: how the bias (units,) begins.
        kernel_regularizer: `L2(factor)` or None.
        bias_regularizer: `L2(factor)` or None.
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    units: int
    activation: str
    use_bias: bool
    kernel_initializer: Initializer
    bias_initializer: Initializer
    kernel_regularizer: L2 | None
    bias_regularizer: L2 | None
    class_name: ClassVar[str] = "Dense"

    def __init__(
        self,
        units: int,
        activation: str | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        kernel_regularizer: str | L2 | None = None,
        bias_regularizer: str | L2 | None = None,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set(name, input_shape, units=count(units, "units", name or self.class_name))
        self._set_learnt(
            activation=activation,
            use_bias=use_bias,
            starts=(kernel_initializer, bias_initializer),
            penalties=(kernel_regularizer, bias_regularizer),
        )

    def output_shape(self, input_shape: Shape) -> Shape:
        """(units,). See `Layer.output_shape`."""
        self._inputs(input_shape)
        return (self.units,)

    def weights(self, input_shape: Shape, /) -> tuple[Weight, ...]:
        """Kernel (in, units), then bias (units,)."""
        return self._kernel_and_bias((self._inputs(input_shape), self.units), self.units)

    def _inputs(self, input_shape: Shape) -> int:
        """The length of the input vector.

        Raises:
            ModelError: the input is an image.
        """
        if len(input_shape) != 1:
            raise ModelError(
                "it needs a vector",
                where=self.label,
                expected="(units,)",
                got=input_shape,
                do="Put Flatten() or GlobalAveragePooling2D() before it.",
            )
        return input_shape[0]
