"""ModelCheckpoint: saves the model after each epoch, or after each best one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from spritenet.arguments import file_path, flag, number
from spritenet.destination import local_only
from spritenet.errors import ModelError
from spritenet.migration import MODEL_ENDINGS, accepts, refuse_format
from spritenet.training.callbacks.base import Callback, Logs
from spritenet.training.callbacks.monitor import Monitor

__all__ = ["ModelCheckpoint"]

FOLDER = "Name a folder: it is written in TensorFlow.js's format."
NPZ = "Use a name that ends in .npz."
SAVE_AFTERWARDS = "Name a path on this machine; model.save takes addresses after the training."


@accepts
class ModelCheckpoint(Callback):
    """Saves the model after each epoch, as Keras's does.

    The saved model can be loaded, but not resumed. To resume a training, give `fit` a `run` folder.

    Args:
        filepath: the model's folder; may contain {epoch} (from 1) and metrics, as in
            "model-{epoch:02d}-{val_loss:.2f}".
        monitor: the metric that decides which epoch is the best.
        mode: "min", "max" or "auto".
        save_best_only: True saves only when the metric has improved.
        save_weights_only: True saves only the weights; `filepath` then ends in .npz.
        initial_value_threshold: the first value to exceed.

    Raises:
        InputError: `filepath` is an address, or ends as another format's files do.
    """

    def __init__(
        self,
        filepath: str | Path,
        monitor: str = "val_loss",
        mode: str = "auto",
        *,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        initial_value_threshold: float | None = None,
    ) -> None:
        where = "ModelCheckpoint"
        file_path(filepath, where)
        self.save_best_only = flag(save_best_only, "save_best_only", where)
        self.save_weights_only = flag(save_weights_only, "save_weights_only", where)
        if save_weights_only or not str(filepath).lower().endswith(MODEL_ENDINGS):
            refuse_format(filepath, NPZ if save_weights_only else FOLDER)
        self.filepath = str(local_only(filepath, SAVE_AFTERWARDS))
        self.monitor = Monitor(monitor, mode, 0.0, where)
        self.best = self.monitor.worst
        self._fresh = initial_value_threshold is None
        if initial_value_threshold is not None:
            self.best = number(initial_value_threshold, "initial_value_threshold", where)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Takes the direction of the metric."""
        del logs
        self.monitor.begin(self.session)
        if self._fresh:
            self.best = self.monitor.worst

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Saves the model, if it is due.

        Raises:
            ModelError: `filepath` contains an unknown metric.
        """
        if self.save_best_only:
            value = self.monitor.read(logs)
            if not self.monitor.improves(value, self.best):
                return
            self.best, self._fresh = value, False
        values = {"epoch": epoch + 1, **(logs or {})}
        try:
            path = self.filepath.format(**values)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"filepath can't be filled in ({error})",
                where="ModelCheckpoint",
                expected=f"{{name}} with one of {', '.join(values)}",
                got=self.filepath,
            ) from error
        if self.session.model is not None:
            model = self.session.model
            (model.save_weights if self.save_weights_only else model.save)(path)

    def state_dict(self) -> dict[str, object]:
        """See `Callback.state_dict`."""
        return {"best": self.best}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """See `Callback.load_state_dict`."""
        self._fresh = False
        self.best = float(str(state["best"]))
