"""The base of random layers, which change images in training alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spritenet.errors import ModelError
from spritenet.layers.operator_layer import OperatorLayer

__all__ = ["RandomLayer"]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class RandomLayer(OperatorLayer):
    """A layer at the head of a network that changes each image at random while training.

    What it makes of an image is a function of the training's seed, the epoch and the image, so that
    it is the same for any number of threads and any batch size, and after a run is resumed. Those
    that move pixels and follow each other resample an image once. When predicting, it isn't
    there.
    """

    class_name: ClassVar[str] = "RandomLayer"

    def _checked(self, name: str, value: object, where: str) -> object:
        """See `OperatorLayer`; pixels have a lowest and a highest value."""
        found = super(RandomLayer, self)._checked(name, value, where)
        if name == "value_range" and (not isinstance(found, tuple) or found[0] == found[-1]):
            raise ModelError(
                "invalid value_range",
                where=where,
                expected="the lowest and the highest value",
                got=repr(value),
            )
        return found
