"""Penalties on weights: L2, added to the loss as in Keras (l2 · Σ w²)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spritenet.arguments import number
from spritenet.errors import ModelError
from spritenet.migration import accepts, module_name

__all__ = ["L2", "get"]


@accepts
@dataclass(frozen=True, slots=True)
class L2:
    """Adds `l2 · Σ w²` to the loss of every step, and `2 · l2 · w` to the gradient."""

    l2: float = 0.01

    def __post_init__(self) -> None:
        """Refuse a negative factor.

        Raises:
            ModelError: it is not a finite number ≥ 0.
        """
        object.__setattr__(self, "l2", number(self.l2, "l2", "L2", least=0))

    def config(self) -> dict[str, object]:
        """The Keras-2 form, which TensorFlow.js reads."""
        return {"class_name": "L1L2", "config": {"l1": 0.0, "l2": self.l2}}


l2 = L2  # Keras's other name of the same


def get(identifier: object, where: str = "regularizer") -> L2 | None:
    """The regularizer meant by None, an `L2`, "l2", or a `{"class_name", "config"}` mapping.

    Raises:
        ModelError: it is another kind; only L2 exists here.
    """
    if identifier is None or isinstance(identifier, L2):
        return identifier
    if identifier is L2 or (isinstance(identifier, str) and identifier.lower() == "l2"):
        return L2()
    if isinstance(identifier, Mapping) and identifier.get("class_name") in ("L2", "L1L2"):
        config = identifier.get("config")
        if isinstance(config, Mapping) and not config.get("l1"):
            return L2(number(config.get("l2") or 0.0, "l2", where, least=0))
    raise ModelError(
        "unknown regularizer",
        where=where,
        expected="L2(factor) or None",
        got=repr(identifier),
    )


if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Refuses Keras's other regularizers by name."""
        raise module_name(name, __name__, __all__)
