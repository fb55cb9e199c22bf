"""DepthwiseConv2D: filters of its own for each channel of an image."""

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

__all__ = ["DepthwiseConv2D"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class DepthwiseConv2D(Parametric):
    """A convolution in which each filter reads one channel, then an activation.

    Output channel `c · depth_multiplier + m` is filter m of input channel c, as in Keras.

    Args:
        kernel_size: height and width of a filter, or one number for both.
        strides: how far a filter moves at a time.
        padding: "valid" (only whole windows) or "same" (zeros around).
        depth_multiplier: filters for each input channel.
        activation: a name in `activations.ACTIVATIONS`; None is linear.
        use_bias: whether each filter adds a number of its own.
        depthwise_initializer: how the kernel (kernel_height, kernel_width, in, depth_multiplier)
            begins.
        bias_initializer: how the bias (in · depth_multiplier,) begins.
        depthwise_regularizer: `L2(factor)` or None.
        bias_regularizer: `L2(factor)` or None.
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    kernel_size: tuple[int, int]
    strides: tuple[int, int]
    padding: str
    depth_multiplier: int
    activation: str
    use_bias: bool
    depthwise_initializer: Initializer
    bias_initializer: Initializer
    depthwise_regularizer: L2 | None
    bias_regularizer: L2 | None
    class_name: ClassVar[str] = "DepthwiseConv2D"
    kernel_name: ClassVar[str] = "depthwise"
    kernel_weight: ClassVar[str] = "depthwise_kernel"

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
        depthwise_regularizer: str | L2 | None = None,
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
            kernel_size=pair(kernel_size, "kernel_size", where),
            strides=pair(strides, "strides", where),
            padding=choice(padding, "padding", where, ("valid", "same")),
            depth_multiplier=count(depth_multiplier, "depth_multiplier", where),
        )
        self._set_learnt(
            activation=activation,
            use_bias=use_bias,
            starts=(depthwise_initializer, bias_initializer),
            penalties=(depthwise_regularizer, bias_regularizer),
        )

    def output_shape(self, input_shape: Shape) -> Shape:
        """(height, width, in · depth_multiplier). See `Layer.output_shape`."""
        height, width, channels = self._image(input_shape)
        size = slide(
            (height, width),
            self.kernel_size,
            self.strides,
            padding=self.padding,
            where=f"{self.label}: its kernel",
        )
        return (*size, channels * self.depth_multiplier)

    def weights(self, input_shape: Shape, /) -> tuple[Weight, ...]:
        """Kernel (kernel_height, kernel_width, in, depth_multiplier), then bias."""
        channels = self._image(input_shape)[2]
        kernel_shape = (*self.kernel_size, channels, self.depth_multiplier)
        return self._kernel_and_bias(kernel_shape, channels * self.depth_multiplier)

    def config(self) -> dict[str, object]:
        """See `Layer.config`."""
        return {
            **super(DepthwiseConv2D, self).config(),
            "kernel_size": list(self.kernel_size),
            "strides": list(self.strides),
            "data_format": "channels_last",
            "dilation_rate": [1, 1],
        }
