"""RandomCrop: a part of each image, at a random place in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.random_layer import RandomLayer
from spritenet.migration import accepts

__all__ = ["RandomCrop"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class RandomCrop(RandomLayer):
    """Takes a part of each image at a random place in training, else the middle.

    It changes the size of images, and comes before Rescaling.

    Args:
        height: of the part, in pixels.
        width: of the part, in pixels.
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    height: int
    width: int
    class_name: ClassVar[str] = "RandomCrop"

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
