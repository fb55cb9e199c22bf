"""Callbacks under the name Keras's users look for; they are in `spritenet.training.callbacks`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spritenet.migration import module_name
from spritenet.training.callbacks import (
    Callback,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from spritenet.training.history import History

__all__ = [
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
]

if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Refuses Keras's other callbacks by name."""
        raise module_name(name, __name__, __all__)
