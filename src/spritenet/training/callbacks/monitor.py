"""Watching one figure of the epochs: is it better than before?"""

from __future__ import annotations

import math
import re

from spritenet.arguments import choice, number, text
from spritenet.errors import ModelError
from spritenet.training.callbacks.base import Logs

__all__ = ["Monitor"]


class Monitor:
    """One figure under its Keras name, and which way is better.

    Args:
        name: "loss", "accuracy", "val_loss" or "val_accuracy".
        mode: "min", "max", or "auto": accuracies grow, losses fall.
        min_delta: by how much it must be better.
        where: whose monitor it is, for messages.
    """

    def __init__(self, name: str, mode: str, min_delta: float, where: str) -> None:
        name = text(name, "monitor", where)
        mode = choice(mode, "mode", where, ("auto", "min", "max"))
        self.name = re.sub(r"acc$", "accuracy", name)  # as Keras 2 and TensorFlow.js say it
        self.where = where
        self.grows = mode == "max" or (mode == "auto" and name.endswith(("acc", "accuracy")))
        self.min_delta = abs(number(min_delta, "min_delta", where))
        self.worst = -math.inf if self.grows else math.inf

    def read(self, logs: Logs | None) -> float:
        """The figure of an epoch.

        Raises:
            ModelError: the epoch has no such figure.
        """
        figures = logs or {}
        if self.name not in figures:
            raise ModelError(
                "there is no such figure to watch",
                where=self.where,
                expected="one of " + ", ".join(figures),
                got=repr(self.name),
                do="Give validation_data." if self.name.startswith("val_") else "",
            )
        return figures[self.name]

    def improves(self, figure: float, best: float) -> bool:
        """Whether the figure is better than the best by min_delta."""
        if self.grows:
            return figure > best + self.min_delta
        return figure < best - self.min_delta
