"""Initializers of weights: Keras's, with exactly Keras's distributions.

The distributions are Keras's; the random numbers are NumPy's PCG64, so the same seed gives other
weights than it does in Keras. Each weight array draws from a stream of its own (`stream`), so that
adding a layer at the end never changes the weights of the layers before it.

    >>> GlorotUniform()((5, 5, 1, 8), stream(seed=0, index=0)).shape
    (5, 5, 1, 8)
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from spritenet.arguments import choice, number
from spritenet.errors import ModelError
from spritenet.migration import accepts, module_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "get",
    "stream",
]

# The standard deviation of a standard normal distribution cut at ±2, by which Keras divides.
TRUNCATED_STANDARD_DEVIATION = 0.87962566103423978


def stream(seed: int, index: int) -> np.random.Generator:
    """The random stream of weight array number `index` of a network made with `seed`."""
    sequence = np.random.SeedSequence(seed % 2**64, spawn_key=(index,))
    return np.random.Generator(np.random.PCG64(sequence))


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Returns fan-in and fan-out of a weight array, as Keras counts them.

    >>> fans((5, 5, 8, 16))
    (200, 400)
    """
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


def _cut_normal(shape: tuple[int, ...], random: np.random.Generator) -> NDArray[np.float64]:
    """Standard normal values, those beyond ±2 drawn again (as TensorFlow does)."""
    values = random.standard_normal(shape)
    while (far := np.abs(values) > 2).any():
        values[far] = random.standard_normal(int(far.sum()))
    return values


@dataclass(frozen=True, slots=True)
class Initializer(ABC):
    """Values for a new weight array: `initializer(shape, random) -> float32 array`."""

    def __post_init__(self) -> None:
        """Check the arguments.

        Raises:
            ModelError: one is no number.
        """
        for each in fields(self):
            least = 0 if each.name == "stddev" else -math.inf
            number(getattr(self, each.name), each.name, type(self).__name__, least=least)

    @abstractmethod
    def __call__(
        self, shape: tuple[int, ...], random: np.random.Generator, /
    ) -> NDArray[np.float32]:
        """New float32 values of the shape, drawn from `random`."""

    def config(self) -> dict[str, object]:
        """The arguments as in Keras's and TensorFlow.js's files."""
        config: dict[str, object] = {f.name: getattr(self, f.name) for f in fields(self)}
        return config if isinstance(self, Constant | Zeros | Ones) else {**config, "seed": None}


@accepts
@dataclass(frozen=True, slots=True)
class Zeros(Initializer):
    """All zero."""

    def __call__(self, shape: tuple[int, ...], _: np.random.Generator, /) -> NDArray[np.float32]:
        """Zeros of the shape."""
        return np.zeros(shape, np.float32)


@accepts
@dataclass(frozen=True, slots=True)
class Ones(Initializer):
    """All one."""

    def __call__(self, shape: tuple[int, ...], _: np.random.Generator, /) -> NDArray[np.float32]:
        """Ones of the shape."""
        return np.ones(shape, np.float32)


@accepts
@dataclass(frozen=True, slots=True)
class Constant(Initializer):
    """All `value`."""

    value: float = 0.0

    def __call__(self, shape: tuple[int, ...], _: np.random.Generator, /) -> NDArray[np.float32]:
        """The value in every place of the shape."""
        return np.full(shape, self.value, np.float32)


@accepts
@dataclass(frozen=True, slots=True)
class RandomUniform(Initializer):
    """Uniform in [minval, maxval)."""

    minval: float = -0.05
    maxval: float = 0.05

    def __post_init__(self) -> None:
        """See `Initializer.__post_init__`."""
        super(RandomUniform, self).__post_init__()
        number(self.maxval, "maxval", "RandomUniform", least=self.minval)

    def __call__(
        self, shape: tuple[int, ...], random: np.random.Generator, /
    ) -> NDArray[np.float32]:
        """Uniform values of the shape."""
        return random.uniform(self.minval, self.maxval, shape).astype(np.float32)


@accepts
@dataclass(frozen=True, slots=True)
class RandomNormal(Initializer):
    """Normal."""

    mean: float = 0.0
    stddev: float = 0.05

    def __call__(
        self, shape: tuple[int, ...], random: np.random.Generator, /
    ) -> NDArray[np.float32]:
        """Normal values of the shape."""
        return random.normal(self.mean, self.stddev, shape).astype(np.float32)


@accepts
@dataclass(frozen=True, slots=True)
class TruncatedNormal(Initializer):
    """Normal, but values further than two standard deviations from the mean are drawn again."""

    mean: float = 0.0
    stddev: float = 0.05

    def __call__(
        self, shape: tuple[int, ...], random: np.random.Generator, /
    ) -> NDArray[np.float32]:
        """Cut normal values of the shape."""
        return (self.mean + self.stddev * _cut_normal(shape, random)).astype(np.float32)


@accepts
@dataclass(frozen=True, slots=True)
class Orthogonal(Initializer):
    """Orthogonal columns, or rows if they are fewer, of the array seen as (the rest, last axis)."""

    gain: float = 1.0

    def __call__(
        self, shape: tuple[int, ...], random: np.random.Generator, /
    ) -> NDArray[np.float32]:
        """An orthogonal array of the shape, which needs two axes."""
        if len(shape) < 2:
            raise ModelError("Orthogonal needs at least two axes", got=shape)
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(random.standard_normal((max(rows, columns), min(rows, columns))))
        q *= np.sign(np.diag(r))
        result = self.gain * (q.T if rows < columns else q).reshape(shape)
        return result.astype(np.float32)


@accepts
@dataclass(frozen=True, slots=True)
class Identity(Initializer):
    """`gain` on the diagonal of a matrix, 0 elsewhere; it draws nothing."""

    gain: float = 1.0

    def __call__(self, shape: tuple[int, ...], _: np.random.Generator, /) -> NDArray[np.float32]:
        """A diagonal matrix of the shape, which has two axes."""
        if len(shape) != 2:
            raise ModelError("Identity needs two axes", got=shape)
        return (self.gain * np.eye(*shape)).astype(np.float32)


@accepts
@dataclass(frozen=True, slots=True)
class VarianceScaling(Initializer):
    """Values whose variance is `scale` divided by a fan of the array."""

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"

    def __post_init__(self) -> None:
        """Check the arguments; "normal" means "truncated_normal", as in Keras.

        Raises:
            ModelError: one is wrong.
        """
        where = "VarianceScaling"
        number(self.scale, "scale", where, above=0)
        choice(self.mode, "mode", where, ("fan_in", "fan_out", "fan_avg"))
        word = "truncated_normal" if self.distribution == "normal" else self.distribution
        word = choice(
            word, "distribution", where, ("truncated_normal", "untruncated_normal", "uniform")
        )
        object.__setattr__(self, "distribution", word)

    def __call__(
        self, shape: tuple[int, ...], random: np.random.Generator, /
    ) -> NDArray[np.float32]:
        """Scaled values of the shape."""
        fan_in, fan_out = fans(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return random.uniform(-limit, limit, shape).astype(np.float32)
        deviation = math.sqrt(variance)
        if self.distribution == "untruncated_normal":
            return random.normal(0, deviation, shape).astype(np.float32)
        deviation /= TRUNCATED_STANDARD_DEVIATION
        return (deviation * _cut_normal(shape, random)).astype(np.float32)


@accepts
@dataclass(frozen=True, slots=True)
class _Named(Initializer):
    """A VarianceScaling with a name of its own."""

    rule: ClassVar[VarianceScaling] = VarianceScaling()

    def __call__(
        self, shape: tuple[int, ...], random: np.random.Generator, /
    ) -> NDArray[np.float32]:
        """Scaled values of the shape."""
        return self.rule(shape, random)


class GlorotUniform(_Named):
    """Glorot and Bengio 2010: uniform, variance 2 / (fan_in + fan_out). Keras's default."""

    __slots__ = ()
    rule = VarianceScaling(1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """Glorot and Bengio 2010: cut normal, variance 2 / (fan_in + fan_out)."""

    __slots__ = ()
    rule = VarianceScaling(1.0, "fan_avg", "truncated_normal")


class HeUniform(_Named):
    """He et al. 2015: uniform, variance 2 / fan_in."""

    __slots__ = ()
    rule = VarianceScaling(2.0, "fan_in", "uniform")


class HeNormal(_Named):
    """He et al. 2015: cut normal, variance 2 / fan_in."""

    __slots__ = ()
    rule = VarianceScaling(2.0, "fan_in", "truncated_normal")


class LecunUniform(_Named):
    """LeCun et al. 1998: uniform, variance 1 / fan_in."""

    __slots__ = ()
    rule = VarianceScaling(1.0, "fan_in", "uniform")


class LecunNormal(_Named):
    """LeCun et al. 1998: cut normal, variance 1 / fan_in."""

    __slots__ = ()
    rule = VarianceScaling(1.0, "fan_in", "truncated_normal")


_CLASSES: dict[str, type[Initializer]] = {
    cls.__name__: cls
    for cls in (
        Constant,
        GlorotNormal,
        GlorotUniform,
        HeNormal,
        HeUniform,
        Identity,
        LecunNormal,
        LecunUniform,
        Ones,
        Orthogonal,
        RandomNormal,
        RandomUniform,
        TruncatedNormal,
        VarianceScaling,
        Zeros,
    )
}
_BY_WORD = {name.lower(): cls for name, cls in _CLASSES.items()}


def get(identifier: object, where: str = "initializer") -> Initializer:
    """The initializer meant by an object, a Keras name, or a `{"class_name", "config"}` mapping.

    >>> get("glorot_uniform")
    GlorotUniform()

    Raises:
        ModelError: there is none of that name.
    """
    if isinstance(identifier, Initializer):
        return identifier
    if isinstance(identifier, type) and identifier in _CLASSES.values():
        identifier = identifier.__name__
    arguments: Mapping[str, object] = {}
    name: object = identifier
    if isinstance(identifier, Mapping):
        name = identifier.get("class_name")
        config = identifier.get("config")
        arguments = config if isinstance(config, Mapping) else {}
    word = name.lower().replace("_", "") if isinstance(name, str) else ""
    cls = _BY_WORD.get(word)
    if cls is None:
        raise ModelError(
            "unknown initializer",
            where=where,
            expected="one of " + ", ".join(_CLASSES),
            got=repr(name),
        )
    known = {f.name for f in fields(cls)}
    return cls(**{key: value for key, value in arguments.items() if key in known})


if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Finds Keras's other names (glorot_uniform), and refuses other initializers."""
        cls = _BY_WORD.get(name.replace("_", "").removesuffix("Initializer").lower())
        if cls is not None and not name.startswith("_"):
            return cls
        raise module_name(name, __name__, _CLASSES)
