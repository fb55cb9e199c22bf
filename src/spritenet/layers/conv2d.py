"""Conv2D: small filters slid over an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.arguments import choice, count, pair
from spritenet.initializers import Initializer
from spritenet.layers.base import Shape, Weight
from spritenet.layers.parametric import Parametric
from spritenet.layers.windows import slide
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
        kernel_initializer: how the kernel (kernel_height, kernel_width, in, filters) begins.
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
    activation: str
    use_bias: bool
    kernel_initializer: Initializer
    bias_initializer: Initializer
    kernel_regularizer: L2 | None
    bias_regularizer: L2 | None
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
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        where = name or self.class_name
        self._set(
            name,
            input_shape,
            filters=count(filters, "filters", where),
            kernel_size=pair(kernel_size, "kernel_size", where),
            strides=pair(strides, "strides", where),
            padding=choice(padding, "padding", where, ("valid", "same")),
        )
        self._set_learnt(
            activation=activation,
            use_bias=use_bias,
            starts=(kernel_initializer, bias_initializer),
            penalties=(kernel_regularizer, bias_regularizer),
        )

    def output_shape(self, input_shape: Shape) -> Shape:
        """(height, width, filters). See `Layer.output_shape`."""
        height, width, _ = self._image(input_shape)
        size = slide(
            (height, width),
            self.kernel_size,
            self.strides,
            padding=self.padding,
            where=f"{self.label}: its kernel",
        )
        return (*size, self.filters)

    def weights(self, input_shape: Shape, /) -> tuple[Weight, ...]:
        """Kernel (kernel_height, kernel_width, in, filters), then bias (filters,)."""
        channels = self._image(input_shape)[2]
        return self._kernel_and_bias((*self.kernel_size, channels, self.filters), self.filters)

    def config(self) -> dict[str, object]:
        """See `Layer.config`."""
        return {
            **super(Conv2D, self).config(),
            "kernel_size": list(self.kernel_size),
            "strides": list(self.strides),
            "data_format": "channels_last",
            "dilation_rate": [1, 1],
            "groups": 1,
        }
