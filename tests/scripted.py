"""A training with callbacks, and a callback that sees metrics from a script."""

from __future__ import annotations

from typing import Any

import numpy as np

import tiny
from spritenet.model import Sequential
from spritenet.training.callbacks import Callback, Logs

DATA, TEST = tiny.images(), tiny.images(100, seed=1)


def fitted(callbacks: Any, **how: Any) -> Sequential:  # noqa: ANN401 - whatever fit takes
    """A tiny model after training with them."""
    model = tiny.model()
    how = {"epochs": 3, "batch_size": 64, "validation_data": TEST, **how}
    model.fit(DATA, callbacks=callbacks, verbose=0, **how)
    return model


class Scripted(Callback):
    """Replaces the figures of the epochs before a callback sees them."""

    def __init__(self, inner: Callback, name: str, figures: list[float]) -> None:
        self.inner, self.name, self.figures = inner, name, figures
        self.weights: list[np.ndarray[Any, Any]] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Handed on."""
        self.inner.session = self.session
        self.inner.on_train_begin(logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Handed on, with the scripted figure."""
        self.weights.append(self.session.parameters)
        self.inner.on_epoch_end(epoch, {**(logs or {}), self.name: self.figures[epoch]})

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Handed on."""
        self.inner.on_train_end(logs)
