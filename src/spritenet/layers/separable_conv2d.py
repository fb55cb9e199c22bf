"""SeparableConv2D: depthwise convolution, then pointwise convolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.constraints import Constraint
from spritenet.initializers import Initializer
from spritenet.layers.parametric import Parametric
from spritenet.migration import accepts
from spritenet.regularizers import Regularizer

__all__ = ["SeparableConv2D"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class SeparableConv2D(Parametric):
    """A depthwise convolution, a pointwise (1×1) convolution, then an activation.

    Args:
        filters: the number of filters, and so of output channels.
        kernel_size: the height and width of a filter, or one number for both.
        strides: the stride along height and width, or one number for both.
        padding: "valid" (no padding) or "same" (zero padding; of an odd number of zeros, the extra
            one goes to the bottom or right, as in TensorFlow).
        dilation_rate: the dilation rate; more than 1 only with strides of 1.
        depth_multiplier: the number of filters per input channel.
        activation: an activation function, one of `activations.names()`; None for linear.
        use_bias: if True, adds a bias to each output channel.
        depthwise_initializer: the initializer of the depthwise kernel, (kernel_height,
            kernel_width, in, depth_multiplier).
        pointwise_initializer: the initializer of the pointwise kernel, (1, 1, in ·
            depth_multiplier, filters).
        bias_initializer: the initializer of the bias, (filters,).
        depthwise_regularizer: `L2(factor)`, `L1(factor)` or None.
        pointwise_regularizer: `L2(factor)`, `L1(factor)` or None.
        bias_regularizer: `L2(factor)`, `L1(factor)` or None.
        depthwise_constraint: a constraint of `sn.constraints`, or None.
        pointwise_constraint: a constraint of `sn.constraints`, or None.
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
    dilation_rate: tuple[int, int]
    depth_multiplier: int
    activation: str
    use_bias: bool
    depthwise_initializer: Initializer
    pointwise_initializer: Initializer
    bias_initializer: Initializer
    depthwise_regularizer: Regularizer | None
    pointwise_regularizer: Regularizer | None
    bias_regularizer: Regularizer | None
    depthwise_constraint: Constraint | None
    pointwise_constraint: Constraint | None
    bias_constraint: Constraint | None
    class_name: ClassVar[str] = "SeparableConv2D"

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = (1, 1),
        padding: str = "valid",
        dilation_rate: int | Sequence[int] = (1, 1),
        depth_multiplier: int = 1,
        activation: str | None = None,
        use_bias: bool = True,
        depthwise_initializer: str | Initializer = "glorot_uniform",
        pointwise_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        depthwise_regularizer: str | Regularizer | None = None,
        pointwise_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
        depthwise_constraint: str | Constraint | None = None,
        pointwise_constraint: str | Constraint | None = None,
        bias_constraint: str | Constraint | None = None,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())
