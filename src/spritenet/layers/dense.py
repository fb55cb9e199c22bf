"""Dense: a fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.constraints import Constraint
from spritenet.initializers import Initializer
from spritenet.layers.parametric import Parametric
from spritenet.migration import accepts
from spritenet.regularizers import Regularizer

__all__ = ["Dense"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Dense(Parametric):
    """A fully connected layer: a matrix product over the last axis, then an activation.

    Put `Flatten()` before it to connect it to all pixels of an image; without it, it is applied to
    each pixel separately.

    Args:
        units: the number of outputs.
        activation: an activation function, one of `activations.names()`; None for linear.
        use_bias: if True, adds a bias to each output.
        kernel_initializer: the initializer of the kernel, (in, units).
        bias_initializer: the initializer of the bias, (units,).
        kernel_regularizer: `L2(factor)`, `L1(factor)`,
            `OrthogonalRegularizer(factor, mode)` or None.
        bias_regularizer: `L2(factor)`, `L1(factor)` or None.
        kernel_constraint: a constraint of `sn.constraints`, or None.
        bias_constraint: a constraint of `sn.constraints`, or None.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    units: int
    activation: str
    use_bias: bool
    kernel_initializer: Initializer
    bias_initializer: Initializer
    kernel_regularizer: Regularizer | None
    bias_regularizer: Regularizer | None
    kernel_constraint: Constraint | None
    bias_constraint: Constraint | None
    class_name: ClassVar[str] = "Dense"

    def __init__(
        self,
        units: int,
        activation: str | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        kernel_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
        kernel_constraint: str | Constraint | None = None,
        bias_constraint: str | Constraint | None = None,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())
