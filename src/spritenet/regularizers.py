"""Penalties on weights, added to the loss as in Keras: of their size, or of angles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from spritenet.arguments import choice, number
from spritenet.errors import ModelError
from spritenet.migration import accepts, module_name

__all__ = ["L1", "L1L2", "L2", "OrthogonalRegularizer", "Regularizer", "get"]


@accepts
@dataclass(frozen=True, slots=True)
class Regularizer:
    """The base of all regularizers: factors, none below 0."""

    def __post_init__(self) -> None:
        """Refuse a negative factor.

        Raises:
            ModelError: it is not a finite number ≥ 0.
        """
        for each in fields(self):
            value = number(getattr(self, each.name), each.name, type(self).__name__, least=0)
            object.__setattr__(self, each.name, value)

    @property
    def factors(self) -> tuple[float, ...]:
        """Of Σ w² and of Σ |w|; and two numbers more of an `OrthogonalRegularizer`."""
        return float(getattr(self, "l2", 0.0)), float(getattr(self, "l1", 0.0))

    def config(self) -> dict[str, object]:
        """The Keras-2 form, which TensorFlow.js reads."""
        l2, l1 = self.factors[:2]
        return {"class_name": "L1L2", "config": {"l1": l1, "l2": l2}}


@accepts
@dataclass(frozen=True, slots=True)
class L1(Regularizer):
    """Adds `l1 · Σ |w|` to the loss of every step, and `l1 · sign(w)` to the gradient."""

    l1: float = 0.01


@accepts
@dataclass(frozen=True, slots=True)
class L2(Regularizer):
    """Adds `l2 · Σ w²` to the loss of every step, and `2 · l2 · w` to the gradient."""

    l2: float = 0.01


@accepts
@dataclass(frozen=True, slots=True)
class L1L2(Regularizer):
    """Adds both: `l1 · Σ |w| + l2 · Σ w²`."""

    l1: float = 0.0
    l2: float = 0.0


@accepts
@dataclass(frozen=True, slots=True)
class OrthogonalRegularizer(Regularizer):
    """Adds the mean of |cos| of the angles between all pairs of a matrix's rows, or of its columns.

    For weights of two axes, such as the kernel of `Dense`, (in, units). A step takes
    `vectors² · length` products more: for "rows" of a large layer that is most of its work.

    Args:
        factor: of the mean, ≥ 0.
        mode: "rows" or "columns".
    """

    factor: float = 0.01
    mode: str = "rows"

    def __post_init__(self) -> None:
        """Refuse a negative factor and another mode.

        Raises:
            ModelError: an argument is invalid.
        """
        where = type(self).__name__
        object.__setattr__(self, "factor", number(self.factor, "factor", where, least=0))
        object.__setattr__(self, "mode", choice(self.mode, "mode", where, _MODES))

    @property
    def factors(self) -> tuple[float, ...]:
        """Zero for Σ w² and Σ |w|, the factor, and 1 for columns, 0 for rows."""
        return 0.0, 0.0, self.factor, float(_MODES.index(self.mode))

    def config(self) -> dict[str, object]:
        """The form of Keras."""
        own = {"factor": self.factor, "mode": self.mode}
        return {"class_name": "OrthogonalRegularizer", "config": own}


_MODES = ("rows", "columns")
# Keras's other names of the same.
l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer
_WORDS = {"l1": L1, "l2": L2, "l1l2": L1L2, "orthogonalregularizer": OrthogonalRegularizer}


def get(identifier: object, where: str = "regularizer") -> Regularizer | None:
    """The regularizer meant by None, an object, a name, or a `{"class_name", "config"}` mapping.

    Raises:
        ModelError: it is another kind.
    """
    if identifier is None or isinstance(identifier, Regularizer):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Regularizer):
        return identifier()
    if isinstance(identifier, str) and identifier.lower().replace("_", "") in _WORDS:
        return _WORDS[identifier.lower().replace("_", "")]()
    if isinstance(identifier, Mapping) and identifier.get("class_name") in ("L1", "L2", "L1L2"):
        config = identifier.get("config")
        if isinstance(config, Mapping):
            of_l1, of_l2 = (number(config.get(k) or 0.0, k, where, least=0) for k in ("l1", "l2"))
            if of_l1 and of_l2:
                return L1L2(of_l1, of_l2)
            return L1(of_l1) if of_l1 else L2(of_l2)
    if isinstance(identifier, Mapping) and identifier.get("class_name") == "OrthogonalRegularizer":
        config = identifier.get("config")
        if isinstance(config, Mapping) and config.keys() <= {"factor", "mode"}:
            return OrthogonalRegularizer(**config)
    raise ModelError(
        "unknown regularizer",
        where=where,
        expected="None, L1(l1), L2(l2), L1L2(l1, l2), OrthogonalRegularizer(factor, mode)",
        got=repr(identifier),
    )


if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Refuses Keras's other regularizers by name."""
        raise module_name(name, __name__, __all__)
