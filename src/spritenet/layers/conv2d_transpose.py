"""Conv2DTranspose: a convolution's gradient as a layer, which makes images larger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.initializers import Initializer
from spritenet.layers.parametric import Parametric
from spritenet.migration import accepts
from spritenet.regularizers import L2

__all__ = ["Conv2DTranspose"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Conv2DTranspose(Parametric):
    """Each pixel adds its filters to the output, `strides` apart; then an activation.

    With "same", images become `strides` times as large; with "valid", larger by what filters
    reach beyond.

    Args:
        filters: how many channels it makes.
        kernel_size: height and width of a filter, or one number for both.
        strides: how far apart pixels lie in the output.
        padding: "valid" (only whole windows) or "same" (zeros around; where their number is odd,
            the more after, as in TensorFlow).
        output_padding: rows and columns more after the output, less than `strides`; None: as the
            padding gives it.
        dilation_rate: from tap to tap of a filter; more than 1 only with strides of 1.
        activation: a name in `activations.ACTIVATIONS`; None is linear.
        use_bias: whether each filter adds a number of its own.
        kernel_initializer: how the kernel (kernel_height, kernel_width, filters, in) begins.
        bias_initializer: how the bias (filters,) begins.
        kernel_regularizer: `L2(factor)` or None.
        bias_regularizer: `L2(factor)` or None.
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
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
    kernel_regularizer: L2 | None
    bias_regularizer: L2 | None
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
        kernel_regularizer: str | L2 | None = None,
        bias_regularizer: str | L2 | None = None,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())

    def missing_in_tensorflow_js(self) -> str:
        """See `OperatorLayer`."""
        return "output_padding" if self.output_padding is not None else ""
