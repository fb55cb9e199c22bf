"""Normalization: channels brought to mean 0 and variance 1 by the statistics of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from spritenet.arguments import flag, number
from spritenet.errors import DataError, ModelError
from spritenet.initializers import Initializer, Ones, Zeros
from spritenet.layers.base import Shape, Weight
from spritenet.layers.operator_layer import OperatorLayer, Shapes
from spritenet.migration import accepts

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Normalization"]

BLOCK = 1024
"""Images of which statistics are taken at a time."""

Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Values(Initializer):
    """Given numbers, one for each channel, or one for all."""

    values: Numbers

    def __post_init__(self) -> None:
        """The layer has checked them."""

    def __call__(self, shape: tuple[int, ...], _: np.random.Generator, /) -> NDArray[np.float32]:
        """The numbers in that shape."""
        return np.broadcast_to(np.array(self.values, np.float32), shape).copy()


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class Normalization(OperatorLayer):
    """`(x - mean) / sqrt(variance)`, channel by channel, of a mean and variance that stay fixed.

    `adapt(images)` computes both from images; or they are given. They are weights that training
    doesn't change. The deviation is at least 1e-7, as in Keras.

    Args:
        axis: -1: a mean and a variance for each channel, the last axis. None: one for all.
        mean: the means, (channels,), or one for all channels.
        variance: the variances, likewise; given if and only if `mean` is.
        invert: True maps normalized values back: `x · sqrt(variance) + mean`.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    axis: int | None = field(compare=False)
    mean: Numbers | None = field(compare=False)
    variance: Numbers | None = field(compare=False)
    invert: bool
    class_name: ClassVar[str] = "Normalization"

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: float | Sequence[float] | None = None,
        variance: float | Sequence[float] | None = None,
        invert: bool = False,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        where = name or self.class_name
        if isinstance(axis, Sequence):
            axis = tuple(axis)
        if axis not in (-1, (-1,), None, ()):
            raise ModelError("unsupported axis", where=where, expected="-1 or None", got=axis)
        if (mean is None) != (variance is None):
            missing = "mean" if mean is None else "variance"
            raise ModelError(f"{missing} is missing", where=where, expected="both or neither")
        means = _numbers(mean, "mean", where)
        variances = _numbers(variance, "variance", where, least=0.0)
        if means and variances and len(means) != len(variances):
            raise ModelError(
                "mean and variance have different lengths",
                where=where,
                expected=len(means),
                got=len(variances),
            )
        self._set(
            name,
            input_shape,
            axis=-1 if axis in (-1, (-1,)) else None,
            mean=means,
            variance=variances,
            invert=flag(invert, "invert", where),
        )

    def adapt(self, data: object) -> None:
        """Sets mean and variance to those of images, before the layer becomes part of a model.

        Of uint8 images, which a network divides by 255 first, they are those of values from 0 to
        1; of floats, those of the numbers as they are.

        Args:
            data: images, (n, …, channels), or a `Split` of images.

        Raises:
            DataError: there are no images, or a value isn't finite.
            ModelError: the layer is part of a model already.
        """
        if self._output is not None:
            do = "Adapt the layer first, or give the model its weights with set_weights."
            raise ModelError("the layer is part of a model already", where=self.label, do=do)
        images = np.asarray(getattr(data, "images", data))
        if images.ndim < 2 or not images.size or images.dtype.kind not in "buif":
            expected = "images, (n, height, width, channels)"
            got = f"{images.dtype} {images.shape}"
            raise DataError("these are no images", where=self.label, expected=expected, got=got)
        channels = 1 if self.axis is None else images.shape[-1]
        mean, variance = _moments(images, channels)
        if images.dtype == np.uint8:
            mean, variance = mean / 255, variance / 255**2
        if not (np.isfinite(mean).all() and np.isfinite(variance).all()):
            raise DataError("a value is not a finite number", where=self.label)
        self._fill(mean=tuple(mean.tolist()), variance=tuple(variance.tolist()))

    @property
    def is_of_raw_pixels(self) -> bool:
        """True if its mean is that of pixels from 0 to 255: none from 0 to 1 has one above 1."""
        return self.mean is not None and not self.invert and max(self.mean) > 1

    @staticmethod
    def deviation(variance: NDArray[Any]) -> NDArray[np.float64]:
        """Returns the divisor for a variance."""
        least = np.maximum(variance.astype(np.float64), 1e-14)
        found: NDArray[np.float64] = np.sqrt(least)
        return found

    def _default(self, _: str, default: object, /) -> object:
        """Returns the default of the argument as a field."""
        return default

    def weights(self, input_shape: Shapes, /) -> tuple[Weight, ...]:
        """Mean and variance, each (channels,), not trainable.

        Raises:
            ModelError: they are of another number of channels.
        """
        shapes: list[Shape] = [weight.shape for weight in self.infer(input_shape).weights]
        if self.mean is not None and len(self.mean) not in (1, *shapes[0]):
            raise ModelError(
                "its mean doesn't fit the channels",
                where=self.label,
                expected=f"{shapes[0][0]} numbers",
                got=len(self.mean),
            )
        starts: list[Initializer] = [Zeros(), Ones()]
        if self.mean is not None and self.variance is not None:
            starts = [_Values(self.mean), _Values(self.variance)]
        return tuple(
            Weight(weight, shape, start, trainable=False)
            for weight, shape, start in zip(("mean", "variance"), shapes, starts, strict=True)
        )

    def config(self) -> dict[str, object]:
        """See `Layer.config`. Mean and variance are among the weights."""
        own = super(Normalization, self).config()
        return {**own, "axis": -1, "mean": None, "variance": None}

    def missing_in_tensorflow_js(self) -> str:
        """Names the whole layer."""
        return "layer Normalization"


def _numbers(value: object, name: str, where: str, least: float = -np.inf) -> Numbers | None:
    """Returns one or more finite numbers; None for None.

    Raises:
        ModelError: one is none, or too small.
    """
    if value is None:
        return None
    listed = value.tolist() if isinstance(value, np.ndarray) else value
    parts = listed if isinstance(listed, Sequence) and not isinstance(listed, str) else [listed]
    if not parts:
        raise ModelError(f"{name} is empty", where=where)
    return tuple(float(number(part, name, where, least=least)) for part in parts)


def _moments(
    images: NDArray[Any], channels: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the mean and variance of each channel, of blocks after one another."""
    count, mean, squares = 0, np.zeros(channels), np.zeros(channels)
    for first in range(0, len(images), BLOCK):
        rows = images[first : first + BLOCK].reshape(-1, channels).astype(np.float64)
        new = rows.mean(axis=0)
        step = new - mean
        squares += np.square(rows - new).sum(axis=0)
        squares += np.square(step) * (count * len(rows) / (count + len(rows)))
        mean = mean + step * (len(rows) / (count + len(rows)))
        count += len(rows)
    return mean, squares / count
