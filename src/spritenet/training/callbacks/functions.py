"""LambdaCallback: functions as hooks."""

from __future__ import annotations

from collections.abc import Callable

from spritenet.errors import ModelError
from spritenet.migration import accepts
from spritenet.training.callbacks.base import Callback, Logs

__all__ = ["LambdaCallback"]


@accepts
class LambdaCallback(Callback):
    """Calls functions as hooks, with Keras's arguments.

    Args:
        on_epoch_begin: (epoch, logs).
        on_epoch_end: (epoch, logs).
        on_train_begin: (logs).
        on_train_end: (logs).
        on_train_batch_end: (batch, logs). Slows training down.

    Raises:
        ModelError: one is no function.
    """

    def __init__(
        self,
        on_epoch_begin: Callable[[int, Logs], object] | None = None,
        on_epoch_end: Callable[[int, Logs], object] | None = None,
        on_train_begin: Callable[[Logs], object] | None = None,
        on_train_end: Callable[[Logs], object] | None = None,
        *,
        on_train_batch_end: Callable[[int, Logs], object] | None = None,
    ) -> None:
        functions = (on_epoch_begin, on_epoch_end, on_train_begin, on_train_end)
        for function in (*functions, on_train_batch_end):
            if function is not None and not callable(function):
                raise ModelError("not a function", where="LambdaCallback", got=repr(function))
        self.epoch_begin = on_epoch_begin
        self.epoch_end = on_epoch_end
        self.train_begin = on_train_begin
        self.train_end = on_train_end
        if on_train_batch_end:
            # Set only if given: with this hook each step is a call of the engine.
            setattr(self, "on_train_batch_end", on_train_batch_end)  # noqa: B010 - a method's place

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """See `Callback.on_train_begin`."""
        if self.train_begin:
            self.train_begin(logs or {})

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """See `Callback.on_epoch_begin`."""
        if self.epoch_begin:
            self.epoch_begin(epoch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """See `Callback.on_epoch_end`."""
        if self.epoch_end:
            self.epoch_end(epoch, logs or {})

    def on_train_end(self, logs: Logs | None = None) -> None:
        """See `Callback.on_train_end`."""
        if self.train_end:
            self.train_end(logs or {})
