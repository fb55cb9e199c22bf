"""RandomElasticTransform: images bent at random in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.random_layer import RandomLayer
from spritenet.migration import accepts

__all__ = ["RandomElasticTransform"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class RandomElasticTransform(RandomLayer):
    """Bends each image at random, in training.

    Every pixel moves by noise that is blurred with a standard deviation of `0.05 · scale · side`,
    times that and `0.1 · scale · side`. With other layers that move pixels, it is applied last.

    Args:
        factor: the probability that an image is bent: one number for 0 to that, or two, between
            which it is drawn for each image.
        scale: how much, 0 to 1: one number for 0 to that, or two.
        interpolation: "bilinear" or "nearest".
        fill_mode: what lies outside the image: "reflect" (`d c b a | a b c d | d c b a`), "wrap"
            (`a b c d | a b c d`), "constant" (`fill_value`) or "nearest" (the nearest pixel).
        fill_value: of the pixels outside, if `fill_mode` is "constant".
        value_range: the lowest and the highest value of the pixels it takes; others are clipped.
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    factor: float | tuple[float, float]
    scale: float | tuple[float, float]
    interpolation: str
    fill_mode: str
    fill_value: float
    value_range: tuple[float, float]
    class_name: ClassVar[str] = "RandomElasticTransform"

    def __init__(
        self,
        factor: float | tuple[float, float] = 1.0,
        scale: float | tuple[float, float] = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: tuple[float, float] = (0, 255),
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())
