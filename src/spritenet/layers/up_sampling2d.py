"""UpSampling2D: an image made larger by whole factors."""

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
    """Repeats or blends the pixels of an image.

    Args:
        size: how many times as high and as wide.
        interpolation: "nearest" (pixels are repeated) or "bilinear" (blended; centres of pixels are
            at halves, as in Keras and PyTorch).
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
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
        """See `OperatorLayer`: it blends from the corners of pixels."""
        return "interpolation='bilinear' as Keras has it" if self.interpolation != "nearest" else ""
