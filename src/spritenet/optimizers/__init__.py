"""Optimizers: Keras 3's, with its names, arguments, defaults and formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from spritenet import schedules
from spritenet.migration import module_name, word
from spritenet.optimizers.adadelta import Adadelta
from spritenet.optimizers.adafactor import Adafactor
from spritenet.optimizers.adagrad import Adagrad
from spritenet.optimizers.adam import Adam, AdamW
from spritenet.optimizers.adamax import Adamax
from spritenet.optimizers.base import Optimizer
from spritenet.optimizers.ftrl import Ftrl
from spritenet.optimizers.lamb import Lamb
from spritenet.optimizers.lion import Lion
from spritenet.optimizers.muon import Muon
from spritenet.optimizers.nadam import Nadam
from spritenet.optimizers.rmsprop import RMSprop
from spritenet.optimizers.sgd import SGD

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

OPTIMIZERS: dict[str, type[Optimizer]] = {
    cls.__name__: cls
    for cls in (
        Adadelta,
        Adafactor,
        Adagrad,
        Adam,
        Adamax,
        AdamW,
        Ftrl,
        Lamb,
        Lion,
        Muon,
        Nadam,
        RMSprop,
        SGD,
    )
}
"""Every optimizer by its name."""

_BY_WORD = {name.lower(): cls for name, cls in OPTIMIZERS.items()}
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
    if isinstance(identifier, type) and identifier in OPTIMIZERS.values():
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
    cls = _BY_WORD.get(name.lower()) if isinstance(name, str) else None
    if cls is None:
        raise word(name, "optimizers", OPTIMIZERS)
    known = {f.name for f in fields(cls)}
    return cls(**{key: value for key, value in arguments.items() if key in known})  # type: ignore[arg-type]  # each class checks its own


if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Refuses Keras's other optimizers by name."""
        raise module_name(name, __name__, OPTIMIZERS)
