"""Callbacks: users' code that is called during training, with Keras's hooks.

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
    from spritenet.model.model import Model

__all__ = ["AnyCallback", "Callback", "Callbacks", "Logs"]

Logs: TypeAlias = Mapping[str, float | list[float]]
"""Metrics under Keras's names: loss, accuracy, those of `compile`, val_loss, …, learning_rate."""


class Callback:
    """Base class of callbacks; override the hooks you need.

    `self.session` is the running training: it can be stopped, and its learning rate changed.
    """

    session: Session

    @property
    def model(self) -> Model:
        """The model in training, as in Keras. `self.model.stop_training = True` ends it."""
        return cast("Model", self.session.model)

    @property
    def params(self) -> dict[str, int]:
        """The number of "epochs", and of "steps" in each."""
        plan = self.session.plan
        return {"epochs": plan.epoch(plan.last_step - 1) + 1, "steps": plan.steps_per_epoch}

    if not TYPE_CHECKING:  # type checkers shall report missing attributes

        def __getattr__(self, name: str) -> object:
            """Raises an error with the replacement for attributes of Keras's callbacks."""
            raise attribute(name, "callback", dir(type(self)))

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Called when training begins or resumes."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Called when an epoch (from 0) begins."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a step (from 0 in its epoch). Overriding it makes training slower.

        Loss and accuracy are those of its batch, other metrics those of the epoch so far.
        """

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Called after an epoch, with its metrics as `logs`."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Called after training, before the weights are final: hooks may still change them."""

    def on_event(self, event: Event) -> None:
        """Called with every event, in addition to the other hooks."""

    def state_dict(self) -> dict[str, object]:
        """Returns the callback's state for a checkpoint: JSON values and float32 arrays."""
        return {}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Restores a state that `state_dict` returned."""


class FunctionCallback(Callback):
    """A plain function that is called with every event."""

    def __init__(self, function: Callable[[Event], object]) -> None:
        self.function = function

    def on_event(self, event: Event) -> None:
        """Calls the function with the event."""
        self.function(event)


AnyCallback: TypeAlias = Callback | Callable[[Event], object]
"""The types that `fit` accepts as a callback."""


class Callbacks:
    """All callbacks of one training."""

    def __init__(self, callbacks: Iterable[AnyCallback] | AnyCallback | None) -> None:
        """Accepts one callback or many.

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
                    "not a callback", expected="a Callback or a function", got=repr(callback)
                )

    @property
    def exact(self) -> bool:
        """True if one of them may act after any single step."""
        own = Callback.on_train_batch_end
        return any(getattr(c.on_train_batch_end, "__func__", None) is not own for c in self.all)

    def begin(self, session: Session) -> None:
        """Gives each callback the session."""
        for callback in self.all:
            callback.session = session

    def epoch_begins(self, epoch: int) -> None:
        """Calls the hooks of an epoch's beginning."""
        for callback in self.all:
            callback.on_epoch_begin(epoch, {})

    def end(self, logs: Logs) -> None:
        """Calls the hooks of the end, before the last event."""
        for callback in self.all:
            callback.on_train_end(logs)

    def show(self, event: Event) -> None:
        """Calls the hooks of an event."""
        for callback in self.all:
            match event:
                case StepEvent():
                    batch = (event.step - 1 - callback.session.plan.first_step) % (
                        callback.session.plan.steps_per_epoch
                    )
                    accuracy = event.accuracy
                    logs: dict[str, float | list[float]] = {"loss": event.loss}
                    if accuracy is not None:
                        logs["accuracy"] = accuracy
                    if self.exact:
                        logs.update(callback.session.running_metrics())
                    callback.on_train_batch_end(batch, logs)
                case EpochEnded():
                    callback.on_epoch_end(event.epoch, event.logs)
                case Started():
                    callback.on_train_begin({})
            callback.on_event(event)


def _check_hooks(callback: Callback) -> None:
    """Raises UnsupportedError for a hook of Keras's that would never be called."""
    from spritenet.migration import advice  # imported late: only errors need it

    for name, words in advice.ATTRIBUTES["callback"].items():
        if name.startswith("on_") and hasattr(type(callback), name):
            raise UnsupportedError(
                f"Unsupported hook {name}", where=type(callback).__name__, do=words
            )
