"""Callbacks are called when Keras calls them, and what they ask for happens."""

from __future__ import annotations

import pytest

import tiny
from scripted import DATA, TEST, fitted
from spritenet.errors import UnsupportedError
from spritenet.model import train
from spritenet.training.callbacks import (
    Callback,
    Logs,
)
from spritenet.training.events import EpochEnded, Event, StepEvent, Stopped


class Diary(Callback):
    """Writes down every hook."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """A line."""
        del logs
        self.lines.append("begin")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """A line."""
        del logs
        self.lines.append(f"epoch {epoch}")

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """A line."""
        assert logs is not None
        assert {"loss", "accuracy"} <= set(logs)
        self.lines.append(f"batch {batch}")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """A line."""
        assert logs is not None
        assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(logs)
        self.lines.append(f"end {epoch}")

    def on_train_end(self, logs: Logs | None = None) -> None:
        """A line."""
        del logs
        self.lines.append("over")


def test_hooks_come_in_kerass_order() -> None:
    """Begin, each epoch with its batches, the end."""
    diary = Diary()
    fitted(diary, epochs=2)
    batches = [f"batch {n}" for n in range(4)]
    expected = ["begin", "epoch 0", *batches, "end 0", "epoch 1", *batches, "end 1", "over"]
    assert diary.lines == expected


def test_a_plain_function_sees_every_event() -> None:
    """The same ones that are yielded."""
    seen: list[Event] = []
    model = tiny.model()
    events = list(train(model, DATA, validation_data=TEST, epochs=2, callbacks=seen.append))
    assert seen == events


def test_a_callback_may_stop_after_any_update() -> None:
    """Exactly there, since an overridden batch hook makes calls of one update."""

    class Third(Callback):
        def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
            del logs
            if batch == 2:
                self.session.stop("enough")

    model = tiny.model()
    events = list(train(model, DATA, epochs=3, batch_size=16, callbacks=[Third()]))
    assert model.state.now.step == 3
    assert isinstance(events[-1], Stopped)
    assert events[-1].reason == "enough"
    assert not any(isinstance(event, EpochEnded) for event in events)
    assert sum(isinstance(event, StepEvent) for event in events) == 3


def test_a_callback_has_kerass_model_and_params() -> None:
    """`self.model.stop_training = True`, at the end of an epoch, as tutorials have it."""

    class Enough(Callback):
        """Stops after the second epoch."""

        def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
            """Stop."""
            assert logs is not None
            assert self.params == {"epochs": 9, "steps": 4}
            if epoch == 1:
                self.model.stop_training = True

    model = fitted([Enough()], epochs=9)
    assert model.history is not None
    assert model.history.epoch == [0, 1]
    assert model.stop_training
    with pytest.raises(UnsupportedError, match="while fit trains"):
        _ = Callback().model


@pytest.mark.parametrize("hook", ["on_batch_end", "on_train_batch_begin", "on_test_begin"])
def test_a_hook_that_is_never_called_is_refused(hook: str) -> None:
    """Silence would look like a bug of one's own."""
    callback = type("Mine", (Callback,), {hook: lambda *_: None})()
    with pytest.raises(UnsupportedError, match=f"Mine: Unsupported hook {hook}"):
        fitted([callback])
