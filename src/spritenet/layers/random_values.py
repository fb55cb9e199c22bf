"""Random layers that change the values of pixels: brightness, contrast, erasing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.random_layer import RandomLayer
from spritenet.migration import accepts

__all__ = ["RandomBrightness", "RandomContrast", "RandomErasing"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class RandomBrightness(RandomLayer):
    """Makes each image brighter or darker at random, in training.

    Args:
        factor: what is added, as a fraction of the range of values: two numbers, or one for both
            signs. -1 to 1.
        value_range: the lowest and the highest value of the pixels it takes; others are clipped.
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    factor: float | tuple[float, float]
    value_range: tuple[float, float]
    class_name: ClassVar[str] = "RandomBrightness"

    def __init__(
        self,
        factor: float | tuple[float, float],
        value_range: tuple[float, float] = (0, 255),
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class RandomContrast(RandomLayer):
    """Changes the contrast of each image at random, in training: `(x - mean) · f + mean`.

    The mean is that of each channel of each image.

    Args:
        factor: f is between 1 - factor and 1 + factor; of two numbers, the first is how far below 1
            and the second how far above. 0 to 1.
        value_range: the lowest and the highest value of the pixels it takes; others are clipped.
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    factor: float | tuple[float, float]
    value_range: tuple[float, float]
    class_name: ClassVar[str] = "RandomContrast"

    def __init__(
        self,
        factor: float | tuple[float, float],
        value_range: tuple[float, float] = (0, 255),
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class RandomErasing(RandomLayer):
    """Erases a rectangle of each image at random, in training.

    Args:
        factor: the probability that an image loses a part: one number for 0 to that, or two,
            between which it is drawn for each image.
        scale: the square of the fraction of each side that is erased: one number for 0 to that, or
            two.
        fill_value: of the erased pixels; None for normally distributed noise.
        value_range: the lowest and the highest value of the pixels it takes; others are clipped.
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    factor: float | tuple[float, float]
    scale: float | tuple[float, float]
    fill_value: float | None
    value_range: tuple[float, float]
    class_name: ClassVar[str] = "RandomErasing"

    def __init__(
        self,
        factor: float | tuple[float, float] = 1.0,
        scale: float | tuple[float, float] = (0.02, 0.33),
        fill_value: float | None = None,
        value_range: tuple[float, float] = (0, 255),
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())

    def _checked(self, name: str, value: object, where: str) -> object:
        """See `OperatorLayer`."""
        if name == "fill_value" and value is None:
            return None
        return super(RandomErasing, self)._checked(name, value, where)
