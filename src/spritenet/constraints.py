"""Constraints: conditions that weights satisfy after every step, Keras 3's.

Norms are Euclidean, taken along `axis`: 0 for the kernel (in, units) of Dense, (0, 1, 2) for that
of Conv2D (height, width, in, filters), so that each unit or filter has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from spritenet.arguments import count, number
from spritenet.errors import ModelError
from spritenet.migration import accepts, module_name

__all__ = ["Constraint", "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "get"]

Axes = int | tuple[int, ...]


@accepts
@dataclass(frozen=True, slots=True)
class Constraint:
    """The base of all constraints."""

    @property
    def numbers(self) -> tuple[float, ...]:
        """The constraint in the core's words."""
        raise NotImplementedError

    def config(self) -> dict[str, object]:
        """The constraint in Keras's form, which `get` reads back."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        plain = {k: list(v) if isinstance(v, tuple) else v for k, v in own.items()}
        return {"class_name": type(self).__name__, "config": plain}


def _axes(value: object, where: str) -> Axes:
    """One axis or several, counted from 0.

    Raises:
        ModelError: one is no axis of a weight.
    """
    parts = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    checked = tuple(count(part, "axis", where, least=0) for part in parts)
    if not checked or max(checked) > 3 or len(set(checked)) < len(checked):
        expected = "axes of a weight, counted from 0: at most 3"
        raise ModelError("invalid axis", where=where, expected=expected, got=repr(value))
    return checked if isinstance(value, Iterable) else checked[0]


def _mask(axes: Axes) -> float:
    """The axes as bits."""
    return float(sum(1 << axis for axis in (axes if isinstance(axes, tuple) else (axes,))))


@accepts
@dataclass(frozen=True, slots=True)
class NonNeg(Constraint):
    """Values below 0 become 0."""

    @property
    def numbers(self) -> tuple[float, ...]:
        """See `Constraint.numbers`."""
        return (1.0,)


@accepts
@dataclass(frozen=True, slots=True)
class MaxNorm(Constraint):
    """Norms above `max_value` become it (Srivastava et al. 2014).

    Args:
        max_value: the largest norm, 0 or more.
        axis: along which norms are taken, one or several.

    Raises:
        ModelError: an argument is wrong.
    """

    max_value: float = 2.0
    axis: Axes = 0

    def __post_init__(self) -> None:
        """Check the arguments."""
        number(self.max_value, "max_value", "MaxNorm", least=0)
        object.__setattr__(self, "axis", _axes(self.axis, "MaxNorm"))

    @property
    def numbers(self) -> tuple[float, ...]:
        """See `Constraint.numbers`."""
        return (0.0, self.max_value, 1.0, _mask(self.axis))


@accepts
@dataclass(frozen=True, slots=True)
class UnitNorm(Constraint):
    """All norms become 1.

    Args:
        axis: along which norms are taken, one or several.

    Raises:
        ModelError: it is no axis of a weight.
    """

    axis: Axes = 0

    def __post_init__(self) -> None:
        """Check the arguments."""
        object.__setattr__(self, "axis", _axes(self.axis, "UnitNorm"))

    @property
    def numbers(self) -> tuple[float, ...]:
        """See `Constraint.numbers`."""
        return (1.0, 1.0, 1.0, _mask(self.axis))


@accepts
@dataclass(frozen=True, slots=True)
class MinMaxNorm(Constraint):
    """Norms move towards the range from `min_value` to `max_value`.

    Args:
        min_value: the smallest norm.
        max_value: the largest.
        rate: the fraction of the way there that a step goes, 0 to 1.
        axis: along which norms are taken, one or several.

    Raises:
        ModelError: an argument is wrong, or the range upside down.
    """

    min_value: float = 0.0
    max_value: float = 1.0
    rate: float = 1.0
    axis: Axes = 0

    def __post_init__(self) -> None:
        """Check the arguments."""
        where = "MinMaxNorm"
        low = number(self.min_value, "min_value", where, least=0)
        high = number(self.max_value, "max_value", where, least=0)
        number(self.rate, "rate", where, least=0, most=1)
        if low > high:
            expected, got = "min_value ≤ max_value", f"{low:g} and {high:g}"
            raise ModelError("invalid range of norms", where=where, expected=expected, got=got)
        object.__setattr__(self, "axis", _axes(self.axis, where))

    @property
    def numbers(self) -> tuple[float, ...]:
        """See `Constraint.numbers`."""
        return (self.min_value, self.max_value, self.rate, _mask(self.axis))


_CLASSES: dict[str, type[Constraint]] = {
    cls.__name__: cls for cls in (MaxNorm, MinMaxNorm, NonNeg, UnitNorm)
}
_BY_WORD = {name.lower(): cls for name, cls in _CLASSES.items()}


def get(identifier: object, where: str = "constraint") -> Constraint | None:
    """The constraint meant by None, an object, a name, or a `{"class_name", "config"}` mapping.

    >>> get("non_neg")
    NonNeg()

    Raises:
        ModelError: there is none of that name.
    """
    if identifier is None or isinstance(identifier, Constraint):
        return identifier
    if isinstance(identifier, type) and identifier in _CLASSES.values():
        identifier = identifier.__name__
    name: object = identifier
    arguments: Mapping[str, object] = {}
    if isinstance(identifier, Mapping):
        name, config = identifier.get("class_name"), identifier.get("config")
        arguments = config if isinstance(config, Mapping) else {}
    cls = _BY_WORD.get(name.lower().replace("_", "")) if isinstance(name, str) else None
    if cls is None:
        raise ModelError(
            "unknown constraint",
            where=where,
            expected="None, or one of " + ", ".join(_CLASSES),
            got=repr(name),
        )
    known = {f.name for f in fields(cls)}
    return cls(**{key: value for key, value in arguments.items() if key in known})


if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Finds Keras's other names (max_norm), and refuses other constraints by name."""
        cls = _BY_WORD.get(name.replace("_", "").lower())
        if cls is not None and not name.startswith("_"):
            return cls
        raise module_name(name, __name__, _CLASSES)
