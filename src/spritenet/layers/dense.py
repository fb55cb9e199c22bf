"""Dense: every output reads every input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.initializers import Initializer
from spritenet.layers.parametric import Parametric
from spritenet.migration import accepts
from spritenet.regularizers import L2

__all__ = ["Dense"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Dense(Parametric):
    """A matrix product over the last axis, then an activation.

    `Flatten()` makes a vector of an image; without it, each pixel is multiplied on its own.

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
        self._set_arguments(locals())
