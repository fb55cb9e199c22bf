"""Conv2D: 2-D convolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.constraints import Constraint
from spritenet.initializers import Initializer
from spritenet.layers.parametric import Parametric
from spritenet.migration import accepts
from spritenet.regularizers import Regularizer

__all__ = ["Conv2D"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Conv2D(Parametric):
    """A 2-D convolution of h w c images (cross-correlation, as in Keras), then an activation.

    Args:
        filters: the number of filters, and so of output channels.
        kernel_size: the height and width of a filter, or one number for both.
        strides: the stride along height and width, or one number for both.
        padding: "valid" (no padding) or "same" (zero padding; of an odd number of zeros, the extra
            one goes to the bottom or right, as in TensorFlow).
        activation: an activation function, one of `activations.names()`; None for linear.
        use_bias: if True, adds a bias to each output channel.
        kernel_initializer: the initializer of the kernel, (kernel_height, kernel_width, in /
            groups, filters).
        bias_initializer: the initializer of the bias, (filters,).
        kernel_regularizer: `L2(factor)`, `L1(factor)` or None.
        bias_regularizer: `L2(factor)`, `L1(factor)` or None.
        kernel_constraint: a constraint of `sn.constraints`, or None.
        bias_constraint: a constraint of `sn.constraints`, or None.
        dilation_rate: the dilation rate; more than 1 only with strides of 1.
        groups: the number of groups: the channels and the filters are divided among them, and each
            group is convolved separately.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    filters: int
    kernel_size: tuple[int, int]
    strides: tuple[int, int]
    padding: str
    activation: str
    use_bias: bool
    kernel_initializer: Initializer
    bias_initializer: Initializer
    kernel_regularizer: Regularizer | None
    bias_regularizer: Regularizer | None
    kernel_constraint: Constraint | None
    bias_constraint: Constraint | None
    dilation_rate: tuple[int, int]
    groups: int
    class_name: ClassVar[str] = "Conv2D"

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = (1, 1),
        padding: str = "valid",
        activation: str | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        kernel_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
        kernel_constraint: str | Constraint | None = None,
        bias_constraint: str | Constraint | None = None,
        dilation_rate: int | Sequence[int] = (1, 1),
        groups: int = 1,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`."""
        own = "Conv2D with groups" if self.groups > 1 else ""
        return own or super(Conv2D, self).missing_in_tensorflow_js()
