"""A training killed at any moment and resumed ends in the same weights, bit for bit."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from spritenet import atomic
from spritenet.errors import InputError, RunError
from spritenet.layers import BatchNormalization, Conv2D, Dense, Flatten, MaxPooling2D, ReLU
from spritenet.model import Sequential, load_model, train
from spritenet.runs import Run
from spritenet.training import checkpoint
from spritenet.training.callbacks import EarlyStopping, ReduceLROnPlateau
from spritenet.training.events import (
    CheckpointSaved,
    EpochEnded,
    Event,
    Finished,
    Started,
    StepEvent,
    Stopped,
)

DATA, TEST = tiny.images(), tiny.images(60, seed=1)

HOW: dict[str, Any] = {
    "epochs": 8,
    "batch_size": 16,
    "validation_data": TEST,
    "ema": 0.9,
    "checkpoint_every": 5,
    "seed": 2,
}


def patient() -> list[EarlyStopping | ReduceLROnPlateau]:
    """Callbacks with a memory."""
    return [
        EarlyStopping(patience=3, restore_best_weights=True),
        ReduceLROnPlateau(patience=1, factor=0.5, min_delta=0.05),
    ]


def straight(make: Callable[[], Sequential] = tiny.model) -> str:
    """The weights' hash of the training nobody disturbs."""
    model = make()
    model.fit(DATA, callbacks=patient(), verbose=0, **HOW)
    return model.weights_sha256


def normalised() -> Sequential:
    """A network whose moving averages are no optimizer's."""
    layers = [
        Conv2D(4, 3, use_bias=False),
        BatchNormalization(momentum=0.9),
        ReLU(),
        MaxPooling2D(2),
        Flatten(),
        Dense(4, activation="softmax"),
    ]
    model = Sequential(layers)
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


SCRIPT = """
import sys
import time
from pathlib import Path
folder, most, *paths = sys.argv[1:]
sys.path[:0] = paths
import spritenet as sn
import tiny
from test_resume import DATA, HOW, normalised, patient

model = normalised() if NORMALISED else tiny.model()
events = sn.train(model, DATA, callbacks=patient(), run=folder, resume=True, **HOW)
for count, event in enumerate(events):
    time.sleep(0.002)
    if count == int(most):
        sys.stdin.read()  # it is killed before it has ended, however late that comes
"""


def command(
    folder: Path, *, most: int = -1, make: Callable[[], Sequential] = tiny.model
) -> list[str]:
    """A training in a process of its own, which after so many events waits to be killed."""
    here, script = Path(__file__).parent, SCRIPT.replace("NORMALISED", str(make is normalised))
    return [sys.executable, "-c", script, *map(str, (folder, most, here, here.parent))]


@pytest.mark.skipif(sys.platform == "win32", reason="not on this machine: no SIGKILL")
@pytest.mark.parametrize(("seed", "make"), [(0, tiny.model), (1, tiny.model), (2, normalised)])
def test_kill_minus_9_at_random_moments(
    tmp_path: Path, seed: int, make: Callable[[], Sequential]
) -> None:
    """Several real kills, then the end: the weights of the undisturbed training."""
    folder = tmp_path / "run"
    chance = random.Random(seed)  # noqa: S311 - when to kill is no secret
    kills = 0
    while kills < 4:
        process = subprocess.Popen(
            command(folder, most=chance.randint(5, 40), make=make), stdin=subprocess.PIPE
        )
        log = folder / "events.jsonl"
        before = log.stat().st_size if log.exists() else -1
        while process.poll() is None and (not log.exists() or log.stat().st_size == before):
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode == 0:
            break
        kills += 1
    assert kills
    subprocess.run(command(folder, make=make), check=True)
    assert load_model(folder / "model").weights_sha256 == straight(make)
    steps = [event.step for event in Run(folder).events() if isinstance(event, StepEvent)]
    assert steps == list(range(1, steps[-1] + 1))


def test_stopping_to_pull_and_resuming_many_times(tmp_path: Path) -> None:
    """Given up after every few events, always taken up again from the last checkpoint."""
    last: Event | None = None
    for _ in range(60):
        model = tiny.model()
        events = train(model, DATA, callbacks=patient(), run=tmp_path, resume=True, **HOW)
        for count, event in enumerate(events):
            last = event
            if count == 17:
                break
        if isinstance(last, Finished | Stopped):
            break
    assert isinstance(last, Finished | Stopped)
    assert model.weights_sha256 == straight() == load_model(tmp_path / "model").weights_sha256


def test_resuming_what_is_finished_changes_nothing(tmp_path: Path) -> None:
    """The same weights again, no update, and an end in the journal."""
    for _ in range(2):
        model = tiny.model()
        model.fit(DATA, run=tmp_path, resume=True, verbose=0, **HOW)
        expected = tiny.model()
        expected.fit(DATA, verbose=0, **HOW)
        assert model.weights_sha256 == expected.weights_sha256
    events = list(Run(tmp_path).events())
    assert sum(isinstance(event, Finished) for event in events) == 1
    assert isinstance(events[-1], Finished)


def test_a_finished_run_can_be_made_longer(tmp_path: Path) -> None:
    """To more epochs: the same weights as in one go."""
    how = {**HOW, "epochs": 3}
    tiny.model().fit(DATA, run=tmp_path, verbose=0, **how)
    model = tiny.model()
    model.fit(DATA, run=tmp_path, resume=True, verbose=0, **HOW)
    expected = tiny.model()
    expected.fit(DATA, verbose=0, **HOW)
    assert model.weights_sha256 == expected.weights_sha256


def test_the_folder_holds_everything(tmp_path: Path) -> None:
    """config.json, the journal, a checkpoint, the model; the events are those that were yielded."""
    folder = tmp_path / "a" / "b"
    model = tiny.model()
    events = list(train(model, DATA, run=folder, about={"command": "x"}, **HOW))
    run = Run(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        ".lock",
        "checkpoint",
        "config.json",
        "events.jsonl",
        "model",
        "snapshots",
    ]
    assert list(run.events()) == events
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    config = run.config()
    assert config["command"] == "x"
    assert config["class_names"] == ["a", "b", "c", "d"]
    assert config["plan"]["seed"] == 2
    assert config["optimizer"] == json.loads(json.dumps(model.compiled()[0].config()))
    loaded = load_model(run.model_path)
    assert loaded.weights_sha256 == model.weights_sha256
    assert loaded.trained_on is not None
    assert loaded.trained_on.steps == 13 * 8
    assert loaded.trained_on.content_hash == config["data_sha256"]
    assert set(loaded.scores) == {"val_loss", "val_accuracy"}


def test_a_journal_is_whole_events_in_order(tmp_path: Path) -> None:
    """Each line a JSON object with its kind and time; a checkpoint is in it."""
    tiny.model().fit(DATA, run=tmp_path, verbose=0, **HOW)
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert lines[0]["event"] == "started"
    assert lines[-1]["event"] == "finished"
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    kinds = {line["event"] for line in lines}
    assert kinds - {"snapshot", "confused"} == {  # for those there may have been no time
        *("started", "step", "evaluated", "predicted", "epoch", "checkpoint", "finished")
    }


def test_a_torn_last_line_is_skipped(tmp_path: Path) -> None:
    """As a kill in the middle of a write leaves it."""
    tiny.model().fit(DATA, run=tmp_path, verbose=0, **HOW)
    path = tmp_path / "events.jsonl"
    whole = list(Run(tmp_path).events())
    with path.open("ab") as file:
        file.write(b'{"event": "step", "at": 3.1, "st')
    assert list(Run(tmp_path).events()) == whole
    with path.open("ab") as file:
        file.write(b"\n[1]\n{}\n\xff\n")
    assert list(Run(tmp_path).events()) == whole


def test_ctrl_c_is_written_down(tmp_path: Path) -> None:
    """The journal says it was interrupted; the run can be resumed."""
    model = tiny.model()

    def stop(event: Event) -> None:
        if event.step == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(DATA, run=tmp_path, callbacks=stop, verbose=0, **HOW)
    last = list(Run(tmp_path).events())[-1]
    assert isinstance(last, Stopped)
    assert last.reason == "interrupted"
    again = tiny.model()
    again.fit(DATA, run=tmp_path, resume=True, verbose=0, **HOW)
    expected = tiny.model()
    expected.fit(DATA, verbose=0, **HOW)
    assert again.weights_sha256 == expected.weights_sha256


def test_a_run_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    """Unless it is resumed; and then only with the same settings and data."""
    tiny.model().fit(DATA, run=tmp_path, verbose=0, **HOW)
    before = (tmp_path / "events.jsonl").read_bytes()
    with pytest.raises(RunError, match="already holds a run"):
        tiny.model().fit(DATA, run=tmp_path, verbose=0, **HOW)
    for other in ({"seed": 3}, {"batch_size": 8}, {"ema": None}):
        with pytest.raises(RunError, match="made with another"):
            tiny.model().fit(DATA, run=tmp_path, resume=True, verbose=0, **{**HOW, **other})
    with pytest.raises(RunError, match=r"another data sha256|another images"):
        tiny.model().fit(DATA[:-1], run=tmp_path, resume=True, verbose=0, **HOW)
    other_model = tiny.model()
    other_model.compile("sgd", "categorical_crossentropy")
    with pytest.raises(RunError, match="another optimizer"):
        other_model.fit(DATA, run=tmp_path, resume=True, verbose=0, **HOW)
    assert (tmp_path / "events.jsonl").read_bytes() == before


def test_two_trainings_in_one_folder_are_refused(tmp_path: Path) -> None:
    """In this process and in another; when the first has ended, the second may."""
    events = train(tiny.model(), DATA, run=tmp_path, **HOW)
    next(events)
    for resume in (False, True):
        second = train(tiny.model(), DATA, run=tmp_path, resume=resume, **HOW)
        with pytest.raises(RunError, match=f"another training.*process {os.getpid()}"):
            next(second)
    done = subprocess.run(command(tmp_path), capture_output=True, text=True, check=False)
    assert "another training is using this folder" in done.stderr
    events.close()  # type: ignore[attr-defined]  # it is a generator
    tiny.model().fit(DATA, run=tmp_path, resume=True, verbose=0, **HOW)


def test_a_full_disk_stops_with_one_line_and_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third checkpoint finds no room: the second is whole, and from it the end is reached."""
    saved = atomic.write_file
    room = [3]

    def write(path: Path, data: bytes, *, error: type[InputError]) -> None:
        room[0] -= 1
        if room[0] < 0:
            monkeypatch.setattr(os, "fsync", full)
        saved(path, data, error=error)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "write_file", write)
    model = tiny.model()
    with pytest.raises(RunError, match=r"No space left on device.*unchanged") as caught:
        model.fit(DATA, run=tmp_path, verbose=0, **HOW)
    assert "\n" not in str(caught.value)
    assert np.isfinite(model.parameters).all()
    monkeypatch.undo()
    saves = [e.step for e in Run(tmp_path).events() if isinstance(e, CheckpointSaved)]
    assert saves == [5, 10, 15]
    again = tiny.model()
    again.fit(DATA, run=tmp_path, resume=True, verbose=0, **HOW)
    expected = tiny.model()
    expected.fit(DATA, verbose=0, **HOW)
    assert again.weights_sha256 == expected.weights_sha256


def test_an_early_stop_is_remembered(tmp_path: Path) -> None:
    """Resuming it doesn't train on."""
    how = {**HOW, "epochs": 30}
    stopper = EarlyStopping("val_loss", min_delta=10, patience=2)
    model = tiny.model()
    model.fit(DATA, run=tmp_path, callbacks=stopper, verbose=0, **how)
    assert model.history is not None
    epochs = [e for e in Run(tmp_path).events() if isinstance(e, EpochEnded)]
    assert len(epochs) == 3
    again = tiny.model()
    stopper = EarlyStopping("val_loss", min_delta=10, patience=2)
    again.fit(DATA, run=tmp_path, resume=True, callbacks=stopper, verbose=0, **how)
    assert again.weights_sha256 == model.weights_sha256
    assert isinstance(list(Run(tmp_path).events())[-1], Stopped)


def test_the_model_of_a_run_is_not_needed_to_resume(tmp_path: Path) -> None:
    """The checkpoint alone decides; the fresh model's own weights don't."""
    tiny.model().fit(DATA, run=tmp_path, verbose=0, **{**HOW, "epochs": 2})
    model: Sequential = tiny.model()
    model.build((8, 8, 1), seed=99)
    model.fit(DATA, run=tmp_path, resume=True, verbose=0, **HOW)
    expected = tiny.model()
    expected.fit(DATA, verbose=0, **HOW)
    assert model.weights_sha256 == expected.weights_sha256
