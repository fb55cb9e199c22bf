"""Optimizers: Keras 3's, with its names, arguments, defaults and formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from spritenet import schedules
from spritenet.lazy_names import LazyNames
from spritenet.migration import module_name, word
from spritenet.optimizers.base import Optimizer

if TYPE_CHECKING:
    from spritenet.optimizers.adadelta import Adadelta
    from spritenet.optimizers.adafactor import Adafactor
    from spritenet.optimizers.adagrad import Adagrad
    from spritenet.optimizers.adam import Adam, AdamW
    from spritenet.optimizers.adamax import Adamax
    from spritenet.optimizers.ftrl import Ftrl
    from spritenet.optimizers.lamb import Lamb
    from spritenet.optimizers.lion import Lion
    from spritenet.optimizers.muon import Muon
    from spritenet.optimizers.nadam import Nadam
    from spritenet.optimizers.rmsprop import RMSprop
    from spritenet.optimizers.sgd import SGD

    OPTIMIZERS: dict[str, type[Optimizer]]
    """Every optimizer by its name."""


__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Muon",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "get",
]

MODULES = {
    "adadelta": ("Adadelta",),
    "adafactor": ("Adafactor",),
    "adagrad": ("Adagrad",),
    "adam": (
        "Adam",
        "AdamW",
    ),
    "adamax": ("Adamax",),
    "ftrl": ("Ftrl",),
    "lamb": ("Lamb",),
    "lion": ("Lion",),
    "muon": ("Muon",),
    "nadam": ("Nadam",),
    "rmsprop": ("RMSprop",),
    "sgd": ("SGD",),
}
"""Optimizers by module."""

_LAZY = LazyNames(__name__, MODULES, registry="OPTIMIZERS")
NAMES = _LAZY.names
_BY_WORD = {name.lower(): name for name in NAMES}
MOMENTUM = 0.9
"""Of the optimizer "momentum", which is TensorFlow.js's name of SGD with it."""


def get(identifier: object) -> Optimizer:
    """The optimizer meant by an object, a Keras name, or a `{"class_name", "config"}` mapping.

    >>> get("sgd").learning_rate
    0.01

    Raises:
        ModelError: there is none of that name.
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        identifier = identifier.__name__
    name: object = identifier
    arguments: dict[str, object] = {}
    if isinstance(identifier, Mapping):
        name, config = identifier.get("class_name"), identifier.get("config")
        arguments = dict(config) if isinstance(config, Mapping) else {}
        if isinstance(arguments.get("learning_rate"), Mapping):
            arguments["learning_rate"] = schedules.get(arguments["learning_rate"])
    if isinstance(name, str) and name.lower() == "momentum":
        name, arguments = "sgd", {"momentum": MOMENTUM, **arguments}
    known_as = _BY_WORD.get(name.lower()) if isinstance(name, str) else None
    if known_as is None:
        raise word(name, "optimizers", NAMES)
    cls: type[Optimizer] = _LAZY.fetch(known_as)
    known = {f.name for f in fields(cls)}
    return cls(**{key: value for key, value in arguments.items() if key in known})  # type: ignore[arg-type]  # each class checks its own


if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Fetches a name from its module; refuses Keras's other optimizers by name."""
        if name in _LAZY:
            return _LAZY.fetch(name)
        raise module_name(name, __name__, NAMES)


def __dir__() -> list[str]:
    """All public names."""
    return [*__all__]
