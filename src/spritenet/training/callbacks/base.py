"""Callbacks: code of others that is called while a network learns, with Keras's hooks.

The loop knows only `Callbacks`, which turns events into the hooks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

from spritenet.errors import ModelError, UnsupportedError
from spritenet.migration import attribute
from spritenet.training.events import EpochEnded, Event, Started, StepEvent
from spritenet.training.session import Session

if TYPE_CHECKING:
    from spritenet.model.sequential import Sequential

__all__ = ["AnyCallback", "Callback", "Callbacks", "FunctionCallback", "Logs"]

Logs: TypeAlias = Mapping[str, float]
"""Figures under Keras's names: loss, accuracy, val_loss, val_accuracy, learning_rate."""


class Callback:
    """To be subclassed: override the hooks you need.

    `self.session` is the running training: it can be stopped, and its learning rate changed.
    """

    session: Session

    @property
    def model(self) -> Sequential:
        """What is being trained, as in Keras. `self.model.stop_training = True` ends it."""
        return cast("Sequential", self.session.model)

    @property
    def params(self) -> dict[str, int]:
        """How much is trained: "epochs", and "steps" in each."""
        plan = self.session.plan
        return {"epochs": plan.epoch(plan.last_step - 1) + 1, "steps": plan.steps_per_epoch}

    if not TYPE_CHECKING:  # type checkers shall know what is missing

        def __getattr__(self, name: str) -> object:
            """Names our way to what Keras's callbacks have."""
            raise attribute(name, "callback", dir(type(self)))

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Training begins, or goes on."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """An epoch (from 0) begins."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """An update (from 0 in its epoch) was done. Overriding it makes training slower."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """An epoch is over; logs has its figures."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Training is over; the weights are final but for what the hooks do to them."""

    def on_event(self, event: Event) -> None:
        """Anything happened. The other hooks are called as well."""

    def memory(self) -> dict[str, object]:
        """What a checkpoint must keep of it: JSON values and float32 arrays."""
        return {}

    def remember(self, memory: Mapping[str, object]) -> None:
        """Take over what `memory` gave before."""


class FunctionCallback(Callback):
    """A plain function that is shown every event."""

    def __init__(self, function: Callable[[Event], object]) -> None:
        self.function = function

    def on_event(self, event: Event) -> None:
        """Show it the event."""
        self.function(event)


AnyCallback: TypeAlias = Callback | Callable[[Event], object]
"""What `fit` takes as a callback."""


class Callbacks:
    """All callbacks of one training."""

    def __init__(self, callbacks: Iterable[AnyCallback] | AnyCallback | None) -> None:
        """Take one callback or many.

        Raises:
            ModelError: one is no Callback or function, or has a hook that is never called.
        """
        if callbacks is None:
            callbacks = ()
        elif isinstance(callbacks, Callback) or not isinstance(callbacks, Iterable):
            callbacks = (callbacks,)
        self.all: list[Callback] = []
        for callback in callbacks:
            if isinstance(callback, Callback):
                _check_hooks(callback)
                self.all.append(callback)
            elif not isinstance(callback, type) and callable(callback):
                self.all.append(FunctionCallback(callback))
            else:
                raise ModelError(
                    "this is no callback", expected="a Callback or a function", got=repr(callback)
                )

    @property
    def exact(self) -> bool:
        """Whether one of them may act after any single update."""
        own = Callback.on_train_batch_end
        return any(getattr(c.on_train_batch_end, "__func__", None) is not own for c in self.all)

    def begin(self, session: Session) -> None:
        """Tell them whose they are."""
        for callback in self.all:
            callback.session = session

    def epoch_begins(self, epoch: int) -> None:
        """Call the hooks of an epoch's beginning."""
        for callback in self.all:
            callback.on_epoch_begin(epoch, {})

    def end(self, logs: Logs) -> None:
        """Call the hooks of the end, before the last event."""
        for callback in self.all:
            callback.on_train_end(logs)

    def show(self, event: Event) -> None:
        """Show them an event."""
        for callback in self.all:
            match event:
                case StepEvent():
                    batch = (event.step - 1 - callback.session.plan.first_step) % (
                        callback.session.plan.steps_per_epoch
                    )
                    logs = {"loss": event.loss, "accuracy": event.accuracy}
                    callback.on_train_batch_end(batch, logs)
                case EpochEnded():
                    callback.on_epoch_end(event.epoch, event.logs)
                case Started():
                    callback.on_train_begin({})
            callback.on_event(event)


def _check_hooks(callback: Callback) -> None:
    """Refuses a hook of Keras's that would never be called.

    Raises:
        UnsupportedError: it has one.
    """
    from spritenet.migration import instead  # only here: nobody else shall wait for it

    for name, words in instead.ATTRIBUTES["callback"].items():
        if name.startswith("on_") and hasattr(type(callback), name):
            raise UnsupportedError(
                f"Unsupported hook {name}", where=type(callback).__name__, do=words
            )
