"""Conv2D: small filters slid over an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.initializers import Initializer
from spritenet.layers.parametric import Parametric
from spritenet.migration import accepts
from spritenet.regularizers import L2

__all__ = ["Conv2D"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Conv2D(Parametric):
    """A convolution over h w c images (cross-correlation, as in Keras), then an activation.

    Args:
        filters: how many channels it makes.
        kernel_size: height and width of a filter, or one number for both.
        strides: how far a filter moves at a time.
        padding: "valid" (only whole windows) or "same" (zeros around; where their number is odd,
            the more after, as in TensorFlow).
        activation: a name in `activations.ACTIVATIONS`; None is linear.
        use_bias: whether each filter adds a number of its own.
        kernel_initializer: how the kernel (kernel_height, kernel_width, in / groups,
            filters) begins.
        bias_initializer: how the bias (filters,) begins.
        kernel_regularizer: `L2(factor)` or None.
        bias_regularizer: `L2(factor)` or None.
        dilation_rate: from tap to tap of a filter; more than 1 only with strides of 1.
        groups: of channels that are convolved apart, each by its part of the filters.
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    filters: int
    kernel_size: tuple[int, int]
    strides: tuple[int, int]
    padding: str
    activation: str
    use_bias: bool
    kernel_initializer: Initializer
    bias_initializer: Initializer
    kernel_regularizer: L2 | None
    bias_regularizer: L2 | None
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
        kernel_regularizer: str | L2 | None = None,
        bias_regularizer: str | L2 | None = None,
        dilation_rate: int | Sequence[int] = (1, 1),
        groups: int = 1,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())
