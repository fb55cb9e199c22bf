"""EarlyStopping: no more epochs once they no longer help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from spritenet.arguments import count, number
from spritenet.migration import accepts
from spritenet.training.callbacks.base import Callback, Logs
from spritenet.training.callbacks.monitor import Monitor

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EarlyStopping"]


@accepts
class EarlyStopping(Callback):
    """Stops when a figure has not got better for `patience` epochs, as Keras's does.

    Args:
        monitor: "val_loss", "val_accuracy", "loss" or "accuracy".
        min_delta: a smaller change is no improvement.
        patience: epochs without improvement that are waited for.
        mode: "min", "max" or "auto".
        baseline: a figure that must be beaten to count as an improvement.
        restore_best_weights: end with the weights of the best epoch instead of the last.
        start_from_epoch: the first epoch that counts.

    Attributes:
        best: the best figure so far.
        best_epoch: its epoch, from 0.
        stopped_epoch: the epoch after which it stopped training; 0 if it did not.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        *,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        self.monitor = Monitor(monitor, mode, min_delta, "EarlyStopping")
        self.patience = count(patience, "patience", "EarlyStopping", least=0)
        where = "EarlyStopping"
        self.baseline = None if baseline is None else number(baseline, "baseline", where)
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = count(start_from_epoch, "start_from_epoch", where, least=0)
        self._forget()

    def _forget(self) -> None:
        """Begin anew."""
        self.best = self.monitor.worst
        self.best_epoch = 0
        self.stopped_epoch = 0
        self.wait = 0
        self.parameters: NDArray[np.float32] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin anew, unless the training goes on from a checkpoint."""
        del logs
        if self.session.state.now.step == self.session.plan.first_step:
            self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare the epoch with the best."""
        figure = self.monitor.read(logs)
        if epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.parameters is None:
            self.parameters, self.best_epoch = self.session.parameters, epoch
        self.wait += 1
        if self.monitor.improves(figure, self.best):
            self.best, self.best_epoch = figure, epoch
            if self.restore_best_weights:
                self.parameters = self.session.parameters
            if self.baseline is None or self.monitor.improves(figure, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.session.stop(
                f"{self.monitor.name} has not improved since epoch {self.best_epoch + 1}"
            )

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Put the best weights back."""
        del logs
        if self.restore_best_weights and self.parameters is not None:
            self.session.restore(self.parameters)

    def memory(self) -> dict[str, object]:
        """See `Callback.memory`."""
        memory: dict[str, object] = {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "wait": self.wait,
        }
        return memory if self.parameters is None else {**memory, "parameters": self.parameters}

    def remember(self, memory: Mapping[str, object]) -> None:
        """See `Callback.remember`."""
        self.best = float(str(memory["best"]))
        self.best_epoch = int(str(memory["best_epoch"]))
        self.wait = int(str(memory["wait"]))
        parameters = memory.get("parameters")
        self.parameters = parameters if isinstance(parameters, np.ndarray) else None
