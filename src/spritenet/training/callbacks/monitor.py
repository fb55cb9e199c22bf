"""Monitor: one metric of the epochs, and the direction that is better."""

from __future__ import annotations

import math
import re

from spritenet.arguments import choice, number, text
from spritenet.errors import ModelError
from spritenet.metrics import registry as metrics
from spritenet.training.callbacks.base import Logs
from spritenet.training.session import Session

__all__ = ["Monitor"]


class Monitor:
    """One metric under its Keras name, and the direction that is better.

    Args:
        name: "loss", "accuracy" or a metric of `compile`, after "val_" that of the validation.
        mode: "min", "max", or "auto": accuracies grow, losses fall, and metrics know it themselves.
        min_delta: the least improvement that counts.
        where: the callback, for errors.
    """

    def __init__(self, name: str, mode: str, min_delta: float, where: str) -> None:
        name = text(name, "monitor", where)
        mode = choice(mode, "mode", where, ("auto", "min", "max"))
        self.name = re.sub(r"acc$", "accuracy", name)  # as Keras 2 and TensorFlow.js say it
        self.where = where
        self._auto = mode == "auto"
        known = metrics.grows(self._base) if self._auto else None
        self.grows = mode == "max" or (
            self._auto and (name.endswith(("acc", "accuracy")) if known is None else known)
        )
        self.min_delta = abs(number(min_delta, "min_delta", where))

    @property
    def worst(self) -> float:
        """The value that any other improves on."""
        return -math.inf if self.grows else math.inf

    @property
    def _base(self) -> str:
        """The name without those that tell equal metrics apart: "val_auc_1" is of an "auc"."""
        return re.sub(r"_\d+$", "", self.name.removeprefix("val_").removeprefix("weighted_"))

    def begin(self, session: Session) -> None:
        """Takes the direction of a metric of the training that begins."""
        direction = session.directions.get(self.name.removeprefix("val_"))
        if self._auto and direction is not None:
            self.grows = direction == "up"

    def read(self, logs: Logs | None) -> float:
        """Returns the metric of an epoch.

        Raises:
            ModelError: the epoch lacks the metric.
        """
        found = logs or {}
        if self.name not in found:
            other = self.name.replace("accuracy", "loss")
            base = self.name.removeprefix("val_")
            do = f"Give compile metrics=[{base!r}]." if metrics.grows(base) is not None else ""
            if self.name.startswith("val_") and (base in found or not do):
                do = "Give validation_data."
            if other != self.name and other in found:
                do = f"Monitor {other!r}: with targets that are numbers there is no accuracy."
            raise ModelError(
                "Unknown metric to monitor",
                where=self.where,
                expected="one of " + ", ".join(found),
                got=repr(self.name),
                do=do,
            )
        value = found[self.name]
        if isinstance(value, list):
            raise ModelError(
                "a metric with several values can't be monitored",
                where=self.where,
                expected="a number",
                got=f"{self.name}: {len(value)} values",
                do="Give the metric average='macro', one threshold, or a class_id.",
            )
        return value

    def improves(self, value: float, best: float) -> bool:
        """Returns True if the value is better than the best by min_delta."""
        if self.grows:
            return value > best + self.min_delta
        return value < best - self.min_delta
