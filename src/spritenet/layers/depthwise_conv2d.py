"""DepthwiseConv2D: convolution of each channel with its own filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.constraints import Constraint
from spritenet.initializers import Initializer
from spritenet.layers.parametric import Parametric
from spritenet.migration import accepts
from spritenet.regularizers import Regularizer

__all__ = ["DepthwiseConv2D"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class DepthwiseConv2D(Parametric):
    """A 2-D convolution in which each filter reads one channel, then an activation.

    Output channel `c · depth_multiplier + m` is filter m of input channel c, as in Keras.

    Args:
        kernel_size: the height and width of a filter, or one number for both.
        strides: the stride along height and width, or one number for both.
        padding: "valid" (no padding) or "same" (zero padding).
        depth_multiplier: the number of filters per input channel.
        activation: an activation function, one of `activations.names()`; None for linear.
        use_bias: if True, adds a bias to each output channel.
        depthwise_initializer: the initializer of the kernel, (kernel_height, kernel_width, in,
            depth_multiplier).
        bias_initializer: the initializer of the bias, (in · depth_multiplier,).
        depthwise_regularizer: `L2(factor)`, `L1(factor)` or None.
        bias_regularizer: `L2(factor)`, `L1(factor)` or None.
        depthwise_constraint: a constraint of `sn.constraints`, or None.
        bias_constraint: a constraint of `sn.constraints`, or None.
        dilation_rate: the dilation rate; more than 1 only with strides of 1.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    kernel_size: tuple[int, int]
    strides: tuple[int, int]
    padding: str
    depth_multiplier: int
    activation: str
    use_bias: bool
    depthwise_initializer: Initializer
    bias_initializer: Initializer
    depthwise_regularizer: Regularizer | None
    bias_regularizer: Regularizer | None
    depthwise_constraint: Constraint | None
    bias_constraint: Constraint | None
    dilation_rate: tuple[int, int]
    class_name: ClassVar[str] = "DepthwiseConv2D"

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = (1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        activation: str | None = None,
        use_bias: bool = True,
        depthwise_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        depthwise_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
        depthwise_constraint: str | Constraint | None = None,
        bias_constraint: str | Constraint | None = None,
        dilation_rate: int | Sequence[int] = (1, 1),
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`."""
        own = "DepthwiseConv2D with a dilation_rate" if self.dilation_rate != (1, 1) else ""
        return own or super(DepthwiseConv2D, self).missing_in_tensorflow_js()
