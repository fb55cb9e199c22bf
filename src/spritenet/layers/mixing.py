"""Layers that mix images with others of their batch in training: MixUp and CutMix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.layers.random_layer import RandomLayer
from spritenet.migration import accepts

__all__ = ["CutMix", "MixUp"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class MixUp(RandomLayer):
    """Mixes each image and its target with another of its batch, in training.

    The part of the other is drawn from a beta distribution (Zhang et al., "mixup", 2018). Labels
    become targets. In a network with CutMix, either is applied, at random.

    Args:
        alpha: both parameters of the distribution.
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    alpha: float
    class_name: ClassVar[str] = "MixUp"

    def __init__(
        self,
        alpha: float = 0.2,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class CutMix(RandomLayer):
    """Puts a rectangle of another image of its batch into each image, in training.

    Its area is drawn from a beta distribution (Yun et al., "CutMix", 2019), and targets are mixed
    by area. In a network with MixUp, either is applied, at random.

    Args:
        factor: both parameters of the distribution: one number for 0 to that, or two, between which
            it is drawn for each image. 0 to 1.
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is wrong.
    """

    factor: float | tuple[float, float]
    class_name: ClassVar[str] = "CutMix"

    def __init__(
        self,
        factor: float | tuple[float, float] = 1.0,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())
