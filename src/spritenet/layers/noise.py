"""Layers that act only in training, at random: AlphaDropout, Gaussian noise, SpatialDropout2D."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.arguments import number
from spritenet.layers.operator_layer import OperatorLayer
from spritenet.migration import accepts

__all__ = ["AlphaDropout", "GaussianDropout", "GaussianNoise", "SpatialDropout2D"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class RateLayer(OperatorLayer):
    """A layer that drops a fraction of its inputs in training.

    The choice depends only on the training's seed, the step and the position, as for `Dropout`.

    Args:
        rate: the fraction, 0 ≤ rate < 1.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: the rate is out of range.
    """

    rate: float
    class_name: ClassVar[str] = "RateLayer"

    def __init__(
        self, rate: float, *, name: str | None = None, input_shape: Sequence[int] | None = None
    ) -> None:
        """See the class."""
        self._set_arguments(locals())

    def _checked(self, name: str, value: object, where: str) -> object:
        """See `OperatorLayer`."""
        return number(value, name, where, least=0, below=1)


class AlphaDropout(RateLayer):
    """In training, drops inputs to SELU's lower limit, and keeps mean and variance.

    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-Normalizing Neural Networks", 2017.
    Arguments: see `RateLayer`.
    """

    __slots__ = ()
    class_name = "AlphaDropout"


class GaussianDropout(RateLayer):
    """In training, multiplies by normal noise of mean 1 and variance rate / (1 - rate).

    Arguments: see `RateLayer`.
    """

    __slots__ = ()
    class_name = "GaussianDropout"


class SpatialDropout2D(RateLayer):
    """In training, sets whole channels to 0 and multiplies the others by 1 / (1 - rate).

    Arguments: see `RateLayer`.
    """

    __slots__ = ()
    class_name = "SpatialDropout2D"

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`."""
        return "SpatialDropout2D"


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class GaussianNoise(OperatorLayer):
    """In training, adds normal noise of mean 0.

    The noise depends only on the training's seed, the step and the position. It is the same in
    Python and in a browser, bit for bit.

    Args:
        stddev: the standard deviation of the noise.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: the deviation is negative.
    """

    stddev: float
    class_name: ClassVar[str] = "GaussianNoise"

    def __init__(
        self, stddev: float, *, name: str | None = None, input_shape: Sequence[int] | None = None
    ) -> None:
        """See the class."""
        self._set_arguments(locals())
