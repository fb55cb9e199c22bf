"""Monitor: one metric of the epochs, and the direction that is better."""

from __future__ import annotations

import math
import re

from spritenet.arguments import choice, number, text
from spritenet.errors import ModelError
from spritenet.training.callbacks.base import Logs

__all__ = ["Monitor"]


class Monitor:
    """One metric under its Keras name, and the direction that is better.

    Args:
        name: "loss", "accuracy", "val_loss" or "val_accuracy".
        mode: "min", "max", or "auto": accuracies grow, losses fall.
        min_delta: the least improvement that counts.
        where: the callback, for errors.
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
        """Returns the metric of an epoch.

        Raises:
            ModelError: the epoch lacks the metric.
        """
        metrics = logs or {}
        if self.name not in metrics:
            other = self.name.replace("accuracy", "loss")
            do = "Give validation_data." if self.name.startswith("val_") else ""
            if other != self.name and other in metrics:
                do = f"Monitor {other!r}: with targets that are numbers there is no accuracy."
            raise ModelError(
                "Unknown metric to monitor",
                where=self.where,
                expected="one of " + ", ".join(metrics),
                got=repr(self.name),
                do=do,
            )
        return metrics[self.name]

    def improves(self, value: float, best: float) -> bool:
        """Returns True if the value is better than the best by min_delta."""
        if self.grows:
            return value > best + self.min_delta
        return value < best - self.min_delta
