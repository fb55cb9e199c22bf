"""EarlyStopping: stops a training whose metric no longer improves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from spritenet.arguments import count, flag, number
from spritenet.migration import accepts
from spritenet.training.callbacks.base import Callback, Logs
from spritenet.training.callbacks.monitor import Monitor

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EarlyStopping"]


@accepts
class EarlyStopping(Callback):
    """Stops when a metric has not improved for `patience` epochs, as Keras's does.

    Args:
        monitor: "val_loss", "val_accuracy", "loss", or a metric of `compile` such as "val_auc".
        min_delta: the smallest change that counts as an improvement.
        patience: epochs without improvement before training stops.
        mode: "min", "max" or "auto".
        baseline: a value that must be exceeded to count as an improvement.
        restore_best_weights: True ends with the weights of the best epoch, not of the last.
        start_from_epoch: the first epoch that counts.

    Attributes:
        best: the best value so far.
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
        self.restore_best_weights = flag(restore_best_weights, "restore_best_weights", where)
        self.start_from_epoch = count(start_from_epoch, "start_from_epoch", where, least=0)
        self._reset()

    def _reset(self) -> None:
        """Clears the state."""
        self.best = self.monitor.worst
        self.best_epoch = 0
        self.stopped_epoch = 0
        self.wait = 0
        self.parameters: NDArray[np.float32] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Clears the state, unless the training resumes from a checkpoint."""
        del logs
        self.monitor.begin(self.session)
        if self.session.state.now.step == self.session.plan.first_step:
            self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compares the epoch with the best one."""
        value = self.monitor.read(logs)
        if epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.parameters is None:
            self.parameters, self.best_epoch = self.session.parameters, epoch
        self.wait += 1
        if self.monitor.improves(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.parameters = self.session.parameters
            if self.baseline is None or self.monitor.improves(value, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.session.stop(
                f"{self.monitor.name} has not improved since epoch {self.best_epoch + 1}"
            )

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Restores the best weights."""
        del logs
        if self.restore_best_weights and self.parameters is not None:
            self.session.restore(self.parameters)

    def state_dict(self) -> dict[str, object]:
        """See `Callback.state_dict`."""
        state: dict[str, object] = {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "wait": self.wait,
        }
        return state if self.parameters is None else {**state, "parameters": self.parameters}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """See `Callback.load_state_dict`."""
        self.best = float(str(state["best"]))
        self.best_epoch = int(str(state["best_epoch"]))
        self.wait = int(str(state["wait"]))
        parameters = state.get("parameters")
        self.parameters = parameters if isinstance(parameters, np.ndarray) else None
