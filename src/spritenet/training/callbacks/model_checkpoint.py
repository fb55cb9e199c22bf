"""ModelCheckpoint: the model saved as it learns, all of it or the best."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from spritenet.destination import local_only
from spritenet.training.callbacks.base import Callback, Logs
from spritenet.training.callbacks.monitor import Monitor

__all__ = ["ModelCheckpoint"]

SAVE_AFTERWARDS = "Name a path on this machine; model.save takes addresses after the training."


class ModelCheckpoint(Callback):
    """Saves the model after each epoch, as Keras's does.

    This keeps a model to use. To go on with a training that was cut off, give `fit` a `run` folder.

    Args:
        filepath: the model's folder; may hold {epoch} (from 1) and the figures, as in
            "model-{epoch:02d}-{val_loss:.2f}".
        monitor: the figure that says which is the best.
        mode: "min", "max" or "auto".
        save_best_only: only when the figure is better than ever before.

    Raises:
        InputError: `filepath` is an address.
    """

    def __init__(
        self,
        filepath: str | Path,
        monitor: str = "val_loss",
        mode: str = "auto",
        *,
        save_best_only: bool = False,
    ) -> None:
        self.filepath = str(local_only(filepath, SAVE_AFTERWARDS))
        self.monitor = Monitor(monitor, mode, 0.0, "ModelCheckpoint")
        self.save_best_only = save_best_only
        self.best = self.monitor.worst

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save the model, if it is due."""
        if self.save_best_only:
            figure = self.monitor.read(logs)
            if not self.monitor.improves(figure, self.best):
                return
            self.best = figure
        if self.session.model is not None:
            self.session.model.save(self.filepath.format(epoch=epoch + 1, **(logs or {})))

    def memory(self) -> dict[str, object]:
        """See `Callback.memory`."""
        return {"best": self.best}

    def remember(self, memory: Mapping[str, object]) -> None:
        """See `Callback.remember`."""
        self.best = float(str(memory["best"]))
