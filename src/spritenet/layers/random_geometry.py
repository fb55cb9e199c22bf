"""Random layers that move the pixels of images: flip, translation, rotation, zoom, shear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.random_layer import RandomLayer
from spritenet.migration import accepts

__all__ = ["RandomFlip", "RandomRotation", "RandomShear", "RandomTranslation", "RandomZoom"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class RandomFlip(RandomLayer):
    """Flips each image at random, in training.

    Args:
        mode: "horizontal" (left and right), "vertical", or "horizontal_and_vertical".
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    mode: str
    class_name: ClassVar[str] = "RandomFlip"

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class RandomTranslation(RandomLayer):
    """Moves each image by a random distance, in training.

    Args:
        height_factor: how far down, as a fraction of the height: two numbers, or one for both
            signs. -1 to 1.
        width_factor: how far to the right, as a fraction of the width.
        fill_mode: what lies outside the image: "reflect" (`d c b a | a b c d | d c b a`), "wrap"
            (`a b c d | a b c d`), "constant" (`fill_value`) or "nearest" (the nearest pixel).
        interpolation: "bilinear" or "nearest".
        fill_value: of the pixels outside, if `fill_mode` is "constant".
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    height_factor: float | tuple[float, float]
    width_factor: float | tuple[float, float]
    fill_mode: str
    interpolation: str
    fill_value: float
    class_name: ClassVar[str] = "RandomTranslation"

    def __init__(
        self,
        height_factor: float | tuple[float, float],
        width_factor: float | tuple[float, float],
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class RandomRotation(RandomLayer):
    """Turns each image by a random angle about its middle, in training.

    Args:
        factor: the angle in turns, counter-clockwise: two numbers, or one for both signs. -1 to 1.
        fill_mode: what lies outside the image: "reflect" (`d c b a | a b c d | d c b a`), "wrap"
            (`a b c d | a b c d`), "constant" (`fill_value`) or "nearest" (the nearest pixel).
        interpolation: "bilinear" or "nearest".
        fill_value: of the pixels outside, if `fill_mode` is "constant".
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    factor: float | tuple[float, float]
    fill_mode: str
    interpolation: str
    fill_value: float
    class_name: ClassVar[str] = "RandomRotation"

    def __init__(
        self,
        factor: float | tuple[float, float],
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class RandomZoom(RandomLayer):
    """Zooms each image about its middle at random, in training.

    Args:
        height_factor: how far out vertically: 0.2 shows 1.2 times as much, -0.2 0.8 times; two
            numbers, or one for both signs. Above -1, to 1.
        width_factor: the same horizontally; None for the vertical one, so that shapes stay.
        fill_mode: what lies outside the image: "reflect" (`d c b a | a b c d | d c b a`), "wrap"
            (`a b c d | a b c d`), "constant" (`fill_value`) or "nearest" (the nearest pixel).
        interpolation: "bilinear" or "nearest".
        fill_value: of the pixels outside, if `fill_mode` is "constant".
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    height_factor: float | tuple[float, float]
    width_factor: float | tuple[float, float] | None
    fill_mode: str
    interpolation: str
    fill_value: float
    class_name: ClassVar[str] = "RandomZoom"

    def __init__(
        self,
        height_factor: float | tuple[float, float],
        width_factor: float | tuple[float, float] | None = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class RandomShear(RandomLayer):
    """Shears each image at random, in training.

    Args:
        x_factor: how far right or left, as a fraction of the height: two numbers, or one for 0 to
            that. 0 to 1.
        y_factor: how far down or up, as a fraction of the width.
        interpolation: "bilinear" or "nearest".
        fill_mode: what lies outside the image: "reflect" (`d c b a | a b c d | d c b a`), "wrap"
            (`a b c d | a b c d`), "constant" (`fill_value`) or "nearest" (the nearest pixel).
        fill_value: of the pixels outside, if `fill_mode` is "constant".
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    x_factor: float | tuple[float, float]
    y_factor: float | tuple[float, float]
    interpolation: str
    fill_mode: str
    fill_value: float
    class_name: ClassVar[str] = "RandomShear"

    def __init__(
        self,
        x_factor: float | tuple[float, float] = 0.0,
        y_factor: float | tuple[float, float] = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())
