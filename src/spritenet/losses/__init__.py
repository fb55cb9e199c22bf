"""Losses: Keras 3's, with its names, arguments, defaults and formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from spritenet.core.losses import loss_rows
from spritenet.lazy_names import LazyNames
from spritenet.losses.base import Loss
from spritenet.migration import module_name, word

if TYPE_CHECKING:
    from spritenet.losses.binary import BinaryCrossentropy, BinaryFocalCrossentropy
    from spritenet.losses.categorical import (
        CategoricalCrossentropy,
        CategoricalFocalCrossentropy,
        CategoricalGeneralizedCrossEntropy,
        KLDivergence,
        SparseCategoricalCrossentropy,
    )
    from spritenet.losses.hinge import CategoricalHinge, Hinge, SquaredHinge
    from spritenet.losses.regression import (
        Huber,
        LogCosh,
        MeanAbsoluteError,
        MeanAbsolutePercentageError,
        MeanSquaredError,
        MeanSquaredLogarithmicError,
        Poisson,
    )
    from spritenet.losses.similarity import CosineSimilarity, Dice, Tversky

    LOSSES: dict[str, type[Loss]]
    """Every loss by its name."""


__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "get",
]

MODULES = {
    "binary": (
        "BinaryCrossentropy",
        "BinaryFocalCrossentropy",
    ),
    "categorical": (
        "CategoricalCrossentropy",
        "CategoricalFocalCrossentropy",
        "CategoricalGeneralizedCrossEntropy",
        "KLDivergence",
        "SparseCategoricalCrossentropy",
    ),
    "hinge": (
        "CategoricalHinge",
        "Hinge",
        "SquaredHinge",
    ),
    "regression": (
        "Huber",
        "LogCosh",
        "MeanAbsoluteError",
        "MeanAbsolutePercentageError",
        "MeanSquaredError",
        "MeanSquaredLogarithmicError",
        "Poisson",
    ),
    "similarity": (
        "CosineSimilarity",
        "Dice",
        "Tversky",
    ),
}
"""Losses by module."""

_LAZY = LazyNames(__name__, MODULES, registry="LOSSES")
NAMES = _LAZY.names


def _plain(name: str) -> str:
    """A name as all its spellings have it, "meanSquaredError" and "mean_squared_error"."""
    return name.lower().replace("_", "")


def _named(name: str) -> type[Loss] | None:
    """Returns the loss of a name; None if there is none."""
    for row in loss_rows().values():
        if _plain(name) in map(_plain, (row.name, *row.words)):
            found: type[Loss] = _LAZY.fetch(row.name)
            return found
    return None


def get(identifier: object) -> Loss:
    """The loss meant by an object, a Keras name, or a `{"class_name", "config"}` mapping.

    >>> get("mse")
    MeanSquaredError()

    Raises:
        ModelError: there is none of that name.
    """
    if isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        identifier = identifier.__name__
    name: object = identifier
    arguments: Mapping[str, object] = {}
    if isinstance(identifier, Mapping):
        name, config = identifier.get("class_name", identifier), identifier.get("config")
        arguments = config if isinstance(config, Mapping) else {}
    cls = _named(name) if isinstance(name, str) else None
    if cls is None:
        raise word(name, "losses", [cls.name for cls in _LAZY.all().values()])
    known = {f.name for f in fields(cls)}
    return cls(**{key: value for key, value in arguments.items() if key in known})


if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Fetches a name from its module; refuses Keras's other losses by name."""
        if name in _LAZY:
            return _LAZY.fetch(name)
        raise module_name(name, __name__, NAMES)


def __dir__() -> list[str]:
    """All public names."""
    return [*__all__]
