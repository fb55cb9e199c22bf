"""Resizing and CenterCrop: images brought to one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.operator_layer import OperatorLayer
from spritenet.migration import accepts

__all__ = ["CenterCrop", "Resizing"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Resizing(OperatorLayer):
    """Resizes an image, without regard to its aspect ratio and without antialiasing.

    Args:
        height: the height of the output.
        width: the width of the output.
        interpolation: "bilinear" or "nearest"; the centers of pixels are at halves, as in Keras and
            PyTorch.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    height: int
    width: int
    interpolation: str
    class_name: ClassVar[str] = "Resizing"

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`: TensorFlow.js interpolates from the corners of pixels."""
        return "Resizing as Keras has it"


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class CenterCrop(OperatorLayer):
    """Crops an image to its middle; one more row or column is cut at the bottom or right.

    Args:
        height: the height of the output, at most the image's.
        width: the width of the output, at most the image's.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    height: int
    width: int
    class_name: ClassVar[str] = "CenterCrop"

    def __init__(
        self,
        height: int,
        width: int,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`: TensorFlow.js resizes what it crops."""
        return "CenterCrop as Keras has it"
