"""A running training is paused, resumed, stopped and given another rate, and answers each time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from spritenet.errors import RunError
from spritenet.model import Sequential, train
from spritenet.runs import Run
from spritenet.runs.controls import LARGEST, ControlFolder, send_command
from spritenet.training.callbacks import Callback
from spritenet.training.controls import DISCARDED, KEPT
from spritenet.training.events import (
    CheckpointSaved,
    Confused,
    Controlled,
    Evaluated,
    Event,
    Finished,
    Predicted,
    SnapshotSaved,
    StepEvent,
    Stopped,
)

DATA = tiny.images(400)
TEST = tiny.images(100, seed=1, name="test")
LONG: dict[str, Any] = {"steps": 1_000_000, "batch_size": 16}


class Training:
    """A training in a thread that goes on until it is told to stop."""

    def __init__(self, folder: Path, model: Sequential, **how: Any) -> None:
        self.run = Run(folder)
        self.events: list[Event] = []
        self._pull = train(model, DATA, run=folder, **{**LONG, **how})
        self._thread = threading.Thread(target=self._work)
        self._thread.start()
        self.until(lambda: any(isinstance(event, StepEvent) for event in self.events))

    def _work(self) -> None:
        for event in self._pull:
            self.events.append(event)

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something."""
        end = time.monotonic() + 120
        while not happened():
            assert time.monotonic() < end, "it never happened"
            time.sleep(0.01)

    def send_command(self, name: str, value: float | None = None) -> Controlled:
        """Ask for something; the answer."""
        made = self.run.send_command(name, value)
        self.until(lambda: made in {e.id for e in self.answers()})
        return next(answer for answer in self.answers() if answer.id == made)

    def answers(self) -> list[Controlled]:
        """Returns the answers in the journal."""
        return [event for event in list(self.events) if isinstance(event, Controlled)]

    def end(self) -> Event:
        """The last event, once it has ended."""
        self._thread.join(120)
        assert not self._thread.is_alive()
        return self.events[-1]


@pytest.fixture
def training(tmp_path: Path) -> Iterator[Training]:
    """A training under way."""
    made = Training(tmp_path / "run", tiny.model())
    yield made
    if made._thread.is_alive():
        send_command(made.run.controls.folder, "stop")
        made.end()


def test_pausing_stands_still_and_resuming_goes_on(training: Training) -> None:
    """While it is paused there is no update, and a checkpoint has everything."""
    answer = training.send_command("pause")
    assert answer.refused == ""
    training.until(lambda: isinstance(training.events[-1], CheckpointSaved))
    assert training.events[-1].step == answer.step
    seen = len(training.events)
    time.sleep(0.2)
    assert len(training.events) == seen
    assert training.send_command("pause").refused == "it is paused already"
    assert training.send_command("resume").refused == ""
    training.until(lambda: isinstance(training.events[-1], StepEvent))
    assert training.events[-1].step > answer.step
    assert training.send_command("resume").refused == "it is not paused"


def test_the_learning_rate_changes_from_the_next_update_on(training: Training) -> None:
    """A rate that is none is refused, and nothing changes."""
    answer = training.send_command("rate", 0.001953125)
    training.until(lambda: training.events[-1].step > answer.step + 50)
    rates = {e.step: e.learning_rate for e in list(training.events) if isinstance(e, StepEvent)}
    assert rates[answer.step] == pytest.approx(0.01)
    assert rates[answer.step + 1] == 0.001953125
    for wrong in (-1.0, float("nan"), None):
        assert "finite number" in training.send_command("rate", wrong).refused


@pytest.mark.parametrize("first", ["", "pause"])
def test_stop_and_keep_keeps_weights_and_history_and_can_be_resumed(
    training: Training, first: str
) -> None:
    """Also while it is paused; what goes on ends in the same weights as if nothing had been."""
    if first:
        training.send_command(first)
    answer = training.send_command("stop")
    end = training.end()
    assert isinstance(end, Stopped)
    assert end.reason == KEPT
    assert end.step == answer.step
    run = training.run
    assert (run.model_path / "weights.bin").exists()
    assert list(run.events()) == training.events
    again = tiny.model()
    how: dict[str, Any] = {"steps": end.step + 25, "batch_size": 16}
    last = list(train(again, DATA, run=run.folder, resume=True, **how))[-1]
    assert isinstance(last, Finished)
    straight = tiny.model()
    straight.fit(DATA, verbose=0, **how)
    assert again.weights_sha256 == straight.weights_sha256


def test_a_paused_training_is_stopped_by_its_callbacks_too(tmp_path: Path) -> None:
    """Ctrl-C is one of them."""
    callback = Callback()
    training = Training(tmp_path / "run", tiny.model(), callbacks=callback)
    answer = training.send_command("pause")
    callback.session.stop("enough")
    end = training.end()
    assert isinstance(end, Stopped)
    assert (end.reason, end.step) == ("enough", answer.step)


def test_stop_and_discard_leaves_nothing(training: Training) -> None:
    """The folder goes, with weights, history and all."""
    training.send_command("discard")
    end = training.end()
    assert isinstance(end, Stopped)
    assert end.reason == DISCARDED
    assert not training.run.folder.exists()


def test_discarding_leaves_what_is_not_the_runs(tmp_path: Path) -> None:
    """A file of the user's in the folder stays."""
    training = Training(tmp_path, tiny.model())
    (tmp_path / "notes.txt").write_text("mine")
    training.send_command("discard")
    training.end()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_what_was_asked_of_a_training_before_is_forgotten(tmp_path: Path) -> None:
    """A command that nobody took doesn't stop the next training."""
    send_command(tmp_path / "run" / "control", "stop")
    model = tiny.model()
    history = model.fit(DATA, steps=200, batch_size=16, run=tmp_path / "run", verbose=0)
    assert isinstance(history.end, Finished)


def test_commands_of_strangers_do_no_harm(tmp_path: Path) -> None:
    """Files that are no commands, too large ones and unknown ones are ignored or refused."""
    folder = ControlFolder(tmp_path)
    (tmp_path / "notes.json").write_text('{"command": "stop"}')
    (tmp_path / "1-aa.json").write_bytes(b"\xff{")
    (tmp_path / "2-bb.json").write_text("[" * 5000)
    (tmp_path / "3-cc.json").write_text('"stop"')
    (tmp_path / "4-dd.json").write_text(json.dumps({"command": "stop", "x": "y" * LARGEST}))
    (tmp_path / "5-ee.json").write_text(json.dumps({"command": "explode", "value": "soon"}))
    (command,) = folder.poll()
    assert (command.id, command.name, command.value) == ("5-ee", "explode", None)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.json"]
    with pytest.raises(RunError, match="unknown command"):
        send_command(tmp_path, "explode")


def test_nobody_is_asked_where_no_training_goes_on(tmp_path: Path) -> None:
    """Neither in an empty folder nor in one whose training has ended."""
    run = Run(tmp_path / "run")
    with pytest.raises(RunError, match="no training is running there"):
        run.send_command("pause")
    tiny.model().fit(DATA, steps=5, batch_size=16, run=run.folder, verbose=0)
    with pytest.raises(RunError, match="no training is running there"):
        run.send_command("pause")


def test_asking_whether_a_training_goes_on_disturbs_nobody(tmp_path: Path) -> None:
    """However many ask at a time, all are told the same."""
    run = Run(tmp_path)
    with run.locked():
        assert run.running
    answers: list[bool] = []
    stop = threading.Event()

    def keep_asking() -> None:
        while not stop.is_set():
            answers.append(run.running)

    threads = [threading.Thread(target=keep_asking) for _ in range(4)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 120
    while len(answers) < 50 and time.monotonic() < end:
        time.sleep(0.01)
    asked = len(answers)
    stop.set()
    for thread in threads:
        thread.join()
    assert asked >= 50
    assert not any(answers)


def test_an_unknown_command_is_refused_by_name(training: Training) -> None:
    """A page of a newer version may ask for what this one can't."""
    folder = training.run.controls.folder
    folder.mkdir(exist_ok=True)
    (folder / "7-ff.json").write_text('{"command": "dream"}')
    training.until(lambda: bool(training.answers()))
    assert training.answers()[0].refused == "unknown command"


def test_who_watches_sees_predictions_confusions_and_the_inside(tmp_path: Path) -> None:
    """After each evaluation and now and then; the weights are those of a training unwatched."""
    run = Run(tmp_path / "run")
    run.controls.watch()
    model = tiny.model()
    events = list(train(model, DATA, validation_data=TEST, epochs=3, batch_size=16, run=run.folder))
    plain = tiny.model()
    plain.fit(DATA, validation_data=TEST, epochs=3, batch_size=16, verbose=0)
    assert model.weights_sha256 == plain.weights_sha256

    evaluated = [e for e in events if isinstance(e, Evaluated)]
    predicted = [e for e in events if isinstance(e, Predicted)]
    assert [e.step for e in predicted] == [e.step for e in evaluated]
    samples = json.loads((run.snapshots_path / "samples.json").read_bytes())
    assert samples["labels"] == predicted[0].labels
    assert samples["class_names"] == ["a", "b", "c", "d"]

    confused = next(e for e in events if isinstance(e, Confused))
    matrix = np.array(confused.matrix)
    assert matrix.sum(axis=1).tolist() == np.bincount(TEST.labels, minlength=4).tolist()
    accuracy = next(e.accuracy for e in evaluated if e.step == confused.step)
    assert np.trace(matrix) / len(TEST) == pytest.approx(accuracy)

    saved = next(e for e in events if isinstance(e, SnapshotSaved))
    snapshot = json.loads((run.snapshots_path / saved.path).read_bytes())
    assert snapshot["step"] == saved.step
    assert [w["name"] for w in snapshot["weights"]] == list(model.weights)
    assert [w["shape"] for w in snapshot["weights"]] == [list(w.shape) for w in model.get_weights()]
    assert sum(snapshot["weights"][0]["counts"]) == 36
    assert [a["name"] for a in snapshot["activations"]] == [layer.name for layer in model.layers]


def test_who_watches_a_training_without_evaluations_sees_predictions_too(tmp_path: Path) -> None:
    """Of images set aside for calibration, after each epoch; nothing is evaluated."""
    how: dict[str, Any] = {"calibrate_on": TEST, "epochs": 2, "batch_size": 16}
    for name in ("watched", "alone"):
        run = Run(tmp_path / name)
        if name == "watched":
            run.controls.watch()
        events = list(train(tiny.model(), DATA, run=run.folder, **how))
        assert not any(isinstance(event, Evaluated) for event in events)
        assert len([e for e in events if isinstance(e, Predicted)]) == 2 * (name == "watched")


def test_predictions_are_those_of_the_model(tmp_path: Path) -> None:
    """The journal's last predictions are those of the saved model."""
    import base64

    model = tiny.model()
    events = list(
        train(model, DATA, validation_data=TEST, epochs=1, batch_size=16, run=tmp_path / "run")
    )
    said = [e for e in events if isinstance(e, Predicted)][-1]
    samples = json.loads((tmp_path / "run" / "snapshots" / "samples.json").read_bytes())
    pixels = np.frombuffer(base64.b64decode(samples["pixels"]), np.uint8)
    outputs = model.predict(pixels.reshape(samples["shape"]))
    assert said.predicted == outputs.argmax(axis=1).tolist()
    np.testing.assert_allclose(said.probabilities, outputs.max(axis=1), atol=1e-4)
