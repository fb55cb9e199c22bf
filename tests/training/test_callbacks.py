"""Callbacks are called when Keras calls them, and what they ask for happens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from spritenet.errors import ModelError, UnsupportedError
from spritenet.model import Sequential, load_model, train
from spritenet.optimizers import SGD
from spritenet.training.callbacks import (
    Callback,
    Callbacks,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    Logs,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from spritenet.training.events import EpochEnded, Event, StepEvent, Stopped

DATA, TEST = tiny.images(), tiny.images(100, seed=1)


def fitted(callbacks: Any, **how: Any) -> Sequential:  # noqa: ANN401 - whatever fit takes
    """A tiny model after training with them."""
    model = tiny.model()
    how = {"epochs": 3, "batch_size": 64, "validation_data": TEST, **how}
    model.fit(DATA, callbacks=callbacks, verbose=0, **how)
    return model


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


def test_a_lambda_callback_calls_its_functions() -> None:
    """With Keras's arguments."""
    seen: list[Any] = []
    fitted(
        LambdaCallback(
            on_epoch_begin=lambda epoch, _: seen.append(epoch),
            on_epoch_end=lambda epoch, logs: seen.append((epoch, sorted(logs))),
            on_train_begin=lambda _: seen.append("begin"),
            on_train_end=lambda _: seen.append("end"),
        ),
        epochs=1,
    )
    figures = ["accuracy", "learning_rate", "loss", "val_accuracy", "val_loss"]
    assert seen == ["begin", 0, (0, figures), "end"]


class Scripted(Callback):
    """Replaces the figures of the epochs before a callback sees them."""

    def __init__(self, inner: Callback, name: str, figures: list[float]) -> None:
        self.inner, self.name, self.figures = inner, name, figures
        self.weights: list[np.ndarray[Any, Any]] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Handed on."""
        self.inner.session = self.session
        self.inner.on_train_begin(logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Handed on, with the scripted figure."""
        self.weights.append(self.session.parameters)
        self.inner.on_epoch_end(epoch, {**(logs or {}), self.name: self.figures[epoch]})

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Handed on."""
        self.inner.on_train_end(logs)


# (arguments, figures of the epochs, epoch after which it stops, best epoch): worked out by hand
# from Keras's rules.
@pytest.mark.parametrize(
    ("arguments", "figures", "stopped", "best"),
    [
        ({"patience": 0}, [3, 2, 2, 1], 2, 1),
        ({"patience": 1}, [3, 2, 2, 1], 2, 1),
        ({"patience": 2}, [3, 2, 2, 1, 1, 1], 5, 3),
        ({"patience": 2}, [3, 4, 5, 1], 2, 0),
        ({"patience": 1, "min_delta": 0.5}, [3, 2.4, 2.1, 2.0], 2, 1),
        ({"patience": 1, "mode": "max"}, [1, 2, 2], 2, 1),
        ({"monitor": "val_accuracy", "patience": 1}, [0.1, 0.5, 0.5], 2, 1),
        ({"patience": 1, "start_from_epoch": 2}, [1, 2, 3, 4], 3, 2),
        ({"patience": 2, "baseline": 1.5}, [3, 2.5, 2.6], 2, 1),
        ({"patience": 9}, [1, 2, 3], 0, 0),
    ],
)
def test_early_stopping_follows_kerass_rules(
    arguments: dict[str, Any], figures: list[float], stopped: int, best: int
) -> None:
    """When it stops, and which weights it restores."""
    stopper = EarlyStopping(**arguments, restore_best_weights=True)
    script = Scripted(stopper, stopper.monitor.name, figures)
    model = fitted(script, epochs=len(figures))
    assert stopper.stopped_epoch == stopped
    assert stopper.best_epoch == best
    assert len(script.weights) == (stopped + 1 if stopped else len(figures))
    np.testing.assert_array_equal(model.parameters, script.weights[best])
    history = model.history
    assert history is not None
    assert isinstance(history.end, Stopped) == bool(stopped)


def test_early_stopping_forgets_between_trainings() -> None:
    """The second fit begins anew."""
    stopper = EarlyStopping(patience=1)
    model = tiny.model()
    script = Scripted(stopper, "val_loss", [1, 2, 3])
    model.fit(DATA, epochs=3, validation_data=TEST, callbacks=script, verbose=0)
    assert stopper.stopped_epoch == 1
    script.figures = [5, 4, 3]
    model.fit(DATA, epochs=3, validation_data=TEST, callbacks=script, verbose=0)
    assert stopper.stopped_epoch == 0


@pytest.mark.parametrize("callback", [EarlyStopping(), ReduceLROnPlateau()])
def test_watching_what_is_not_there_is_refused(callback: Callback) -> None:
    """Instead of never stopping."""
    with pytest.raises(ModelError, match=r"val_loss.*Give validation_data"):
        fitted(callback, validation_data=None)


def test_a_scheduler_sets_each_epochs_rate() -> None:
    """From epoch and the rate so far; the updates use it."""
    seen: list[tuple[int, float]] = []

    def halve(epoch: int, rate: float) -> float:
        seen.append((epoch, rate))
        return rate / 2

    model = tiny.model(SGD(0.4))
    model.fit(DATA, epochs=3, callbacks=LearningRateScheduler(halve), verbose=0)
    history = model.history
    assert history is not None
    assert history.history["learning_rate"] == pytest.approx([0.2, 0.1, 0.05])
    assert sorted({event.learning_rate for event in history.steps}) == pytest.approx(
        [0.05, 0.1, 0.2]
    )
    assert [rate for _, rate in seen] == pytest.approx([0.4, 0.2, 0.1])


def test_the_rate_falls_on_a_plateau() -> None:
    """After patience epochs; then cooldown epochs are not counted; never below min_lr."""
    inner = ReduceLROnPlateau(factor=0.1, patience=1, cooldown=1, min_lr=0.002)
    model = tiny.model(SGD(0.1))
    script = Scripted(inner, "val_loss", [1, 1, 1, 1, 1, 1, 0.5, 0.5])
    model.fit(DATA, epochs=8, validation_data=TEST, callbacks=script, verbose=0)
    assert model.history is not None
    rates = model.history.history["learning_rate"]
    assert rates == pytest.approx([0.1, 0.1, 0.01, 0.002, 0.002, 0.002, 0.002, 0.002])


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


def test_the_best_model_is_kept(tmp_path: Path) -> None:
    """Only when it is better; the file holds the weights of that epoch."""
    inner = ModelCheckpoint(tmp_path / "best", save_best_only=True)
    script = Scripted(inner, "val_loss", [3, 1, 2])
    fitted(script)
    np.testing.assert_array_equal(load_model(tmp_path / "best").parameters, script.weights[1])


def test_every_epochs_model_is_kept_under_its_name(tmp_path: Path) -> None:
    """With the epoch from 1 and the figures."""
    model = fitted(ModelCheckpoint(tmp_path / "m-{epoch:02d}"), epochs=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m-01", "m-02"]
    again = load_model(tmp_path / "m-02")
    assert again.weights_sha256 == model.weights_sha256


def test_a_rate_of_a_callback_is_checked() -> None:
    """NaN would spoil the weights."""
    with pytest.raises(ModelError, match="learning rate"):
        fitted(LearningRateScheduler(lambda *_: float("nan")))


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


def test_a_lambda_may_watch_each_batch() -> None:
    """Each step is then a call of its own; without it nothing is slower."""
    seen: list[int] = []
    watching = LambdaCallback(on_train_batch_end=lambda batch, _logs: seen.append(batch))
    assert fitted([watching]).weights_sha256 == fitted([]).weights_sha256
    assert seen == [0, 1, 2, 3] * 3
    assert Callbacks([watching]).exact
    assert not Callbacks([LambdaCallback(), EarlyStopping()]).exact


def test_the_best_weights_are_kept_in_a_file(tmp_path: Path) -> None:
    """With a figure to beat that nothing beats, none is."""
    path = tmp_path / "best-{epoch}.npz"
    model = fitted(ModelCheckpoint(path, save_weights_only=True))
    other = tiny.model()
    other.build((8, 8, 1))
    other.load_weights(tmp_path / "best-3.npz")
    assert other.weights_sha256 == model.weights_sha256
    fitted(
        ModelCheckpoint(tmp_path / "never", save_best_only=True, initial_value_threshold=0.0),
    )
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"best-{i}.npz" for i in (1, 2, 3)]
