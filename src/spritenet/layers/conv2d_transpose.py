"""Conv2DTranspose: transposed convolution, which upsamples images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.constraints import Constraint
from spritenet.initializers import Initializer
from spritenet.layers.parametric import Parametric
from spritenet.migration import accepts
from spritenet.regularizers import Regularizer

__all__ = ["Conv2DTranspose"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Conv2DTranspose(Parametric):
    """A transposed 2-D convolution, followed by an activation.

    It is the gradient of a convolution: each input pixel adds its filters to the output, `strides`
    apart. With "same" padding, the output is `strides` times as large as the input; with "valid",
    the reach of the filters is added to that.

    Args:
        filters: the number of filters, and so of output channels.
        kernel_size: the height and width of a filter, or one number for both.
        strides: the stride along height and width, or one number for both.
        padding: "valid" or "same": the padding of the convolution whose gradient this is.
        output_padding: rows and columns added at the bottom and right of the output, fewer than
            `strides`; None infers them from the padding.
        dilation_rate: the dilation rate; more than 1 only with strides of 1.
        activation: an activation function, one of `activations.names()`; None for linear.
        use_bias: if True, adds a bias to each output channel.
        kernel_initializer: the initializer of the kernel, (kernel_height, kernel_width, filters,
            in).
        bias_initializer: the initializer of the bias, (filters,).
        kernel_regularizer: `L2(factor)`, `L1(factor)` or None.
        bias_regularizer: `L2(factor)`, `L1(factor)` or None.
        kernel_constraint: a constraint of `sn.constraints`, or None.
        bias_constraint: a constraint of `sn.constraints`, or None.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    filters: int
    kernel_size: tuple[int, int]
    strides: tuple[int, int]
    padding: str
    output_padding: tuple[int, int] | None
    dilation_rate: tuple[int, int]
    activation: str
    use_bias: bool
    kernel_initializer: Initializer
    bias_initializer: Initializer
    kernel_regularizer: Regularizer | None
    bias_regularizer: Regularizer | None
    kernel_constraint: Constraint | None
    bias_constraint: Constraint | None
    class_name: ClassVar[str] = "Conv2DTranspose"

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = (1, 1),
        padding: str = "valid",
        output_padding: int | Sequence[int] | None = None,
        dilation_rate: int | Sequence[int] = (1, 1),
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

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`."""
        own = "output_padding" if self.output_padding is not None else ""
        if self.dilation_rate != (1, 1):
            own = "Conv2DTranspose with a dilation_rate"
        return own or super(Conv2DTranspose, self).missing_in_tensorflow_js()
