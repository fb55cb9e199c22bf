"""UpSampling2D: upsampling of images by integer factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.operator_layer import OperatorLayer
from spritenet.migration import accepts

__all__ = ["UpSampling2D"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class UpSampling2D(OperatorLayer):
    """Upsamples an image by repeating or interpolating its pixels.

    Args:
        size: the factors for height and width, or one number for both.
        interpolation: "nearest" (repeats pixels) or "bilinear" (pixel centres are at halves, as in
            Keras and PyTorch).
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    size: tuple[int, int]
    interpolation: str
    class_name: ClassVar[str] = "UpSampling2D"

    def __init__(
        self,
        size: int | Sequence[int] = (2, 2),
        interpolation: str = "nearest",
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`: TensorFlow.js interpolates from the corners of pixels."""
        return "interpolation='bilinear' as Keras has it" if self.interpolation != "nearest" else ""
