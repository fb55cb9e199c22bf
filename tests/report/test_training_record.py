"""The record of a training from its journal, and the network of a run that was killed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import tiny
from spritenet.errors import RunError
from spritenet.layers import Conv2D, Dense, Flatten, LeakyReLU
from spritenet.model import Sequential
from spritenet.report import TrainingRecord, model_of_run
from spritenet.runs import Run
from spritenet.training.events import Evaluated, Event, Finished, Started, StepEvent, Stopped


def test_a_journal_becomes_curves() -> None:
    """Every step counts, also those beyond the number of points."""
    events: list[Event] = [Started(0, 1000, 500, 2, 4, 2000, 9, 0)]
    events += [StepEvent(i, 0, 1 / i, 1, 4, 0.1) for i in range(1, 1001)]
    events += [Evaluated(1000, 0, 0.5, 0.25, 100), Finished(1000, 4000, 2.0, 3.0)]
    found = TrainingRecord.of(events)
    assert found.outcome == "finished"
    assert (found.last_step, len(found.evaluations)) == (1000, 1)
    assert len(found.loss) == 250
    assert found.loss.each == 4
    np.testing.assert_allclose(found.loss.y[0], np.mean([1, 1 / 2, 1 / 3, 1 / 4]))
    np.testing.assert_allclose(found.accuracy.y, 0.25)


def test_a_runs_journal_tells_what_its_events_tell(run: Run) -> None:
    """Read in columns or as events: the same curves."""
    columns, events = TrainingRecord.of_run(run), TrainingRecord.of(run.events())
    np.testing.assert_array_equal(columns.loss.y, events.loss.y)
    np.testing.assert_array_equal(columns.accuracy.x, events.accuracy.x)
    assert (columns.last_step, columns.outcome) == (events.last_step, "finished")
    assert columns.evaluations == events.evaluations
    assert columns.sampled == 1


def test_a_large_journal_is_sampled_and_it_is_told(run: Run, tmp_path: Path) -> None:
    """Forty megabytes are not read whole; the beginning, the end and the evaluations are there."""
    large = Run(tmp_path / "large")
    large.folder.mkdir()
    step = '{"event": "step", "at": %.4f, "step": %d, "epoch": 0, "loss": %r, "correct": 3, '
    step += '"images": 4, "learning_rate": 0.1}\n'
    first = run.journal_path.read_text().splitlines(keepends=True)[0]
    lines = (step % (i / 100, i, 1 / i) for i in range(1, 300_001))
    large.journal_path.write_text(first + "".join(lines))
    found = TrainingRecord.of_run(large)
    assert found.sampled > 1
    assert found.last_step == 300_000
    assert found.loss.x[0] < 1000
    assert found.accuracy.y == pytest.approx(0.75)
    assert found.started is not None
    assert "killed" in found.outcome


def test_a_journal_of_strange_figures_is_read(tmp_path: Path) -> None:
    """Values that aren't finite are gaps; other values and other events are skipped."""
    odd = Run(tmp_path)
    odd.journal_path.write_text(
        '{"event": "evaluated", "step": 1, "epoch": 0, "loss": NaN, "accuracy": 0.5, "images": 4}\n'
        '{"event": "evaluated", "step": 2, "epoch": 0, "loss": "<b>", "accuracy": 1, "images": 4}\n'
        '{"event": "from the future", "step": 3}\n'
        '{"event": "step", "step": 4, "loss": null, "correct": 2, "images": 4, "at": 0}\n'
        "[1]\n"
        '{"event": "finished", "step": 5, "images": [], "seconds": 1, "total_seconds": 1}\n'
    )
    found = TrainingRecord.of_run(odd)
    assert [test.accuracy for test in found.evaluations] == [0.5]
    assert np.isnan(found.evaluations[0].loss)
    assert len(found.loss) == 0
    assert found.accuracy.y.tolist() == [0.5]
    assert found.last_step == 4
    assert found.end is None


def test_it_tells_how_a_training_ended() -> None:
    """Killed is: it doesn't say. Resumed is: the last word counts."""
    killed = TrainingRecord.of([StepEvent(1, 0, 1.0, 1, 4, 0.1)])
    assert "killed" in killed.outcome
    stop = Stopped(1, "interrupted", 4, 1.0, 1.0)
    assert TrainingRecord.of([stop]).outcome == "stopped: interrupted"
    again = TrainingRecord.of([stop, Started(1, 9, 9, 1, 4, 9, 9, 0)])
    assert "killed" in again.outcome
    assert TrainingRecord.of([]).last_step == 0


@pytest.fixture
def killed(run: Run, tmp_path: Path) -> Run:
    """The run as a kill leaves it: no model, a torn last line of the journal, no last word."""
    folder = tmp_path / "killed"
    shutil.copytree(run.folder, folder)
    left = Run(folder)
    shutil.rmtree(left.model_path)
    lines = left.journal_path.read_bytes().splitlines(keepends=True)
    left.journal_path.write_bytes(b"".join(lines[:-1]) + b'{"event": "step", "st')
    return left


def test_a_killed_run_has_the_checkpoints_network(killed: Run, run: Run) -> None:
    """Here the checkpoint was the end, so that it is the saved model, bit for bit."""
    model = model_of_run(killed)
    assert model.parameters.tobytes() == model_of_run(run).parameters.tobytes()
    assert model.class_names == ("top <left>", "b", "c", "d")
    assert "killed" in TrainingRecord.of(killed.events()).outcome


def test_every_kind_of_layer_comes_back(tmp_path: Path) -> None:
    """Also those that TensorFlow.js writes in another way."""
    made = Sequential([Conv2D(3, 3, activation="leaky_relu"), LeakyReLU(0.1), Flatten(), Dense(4)])
    made.compile("sgd", "mse")
    data = tiny.images(32)
    made.fit(data, epochs=1, run=tmp_path / "run", verbose=0)
    run = Run(tmp_path / "run")
    shutil.rmtree(run.model_path)
    images = data.images[:5]
    np.testing.assert_allclose(model_of_run(run).predict(images), made.predict(images), atol=1e-6)


def test_a_run_with_nothing_in_it_is_refused(killed: Run) -> None:
    """In one line each: no checkpoint, no layers, layers of another network."""
    text = killed.config_path.read_text()
    killed.config_path.write_text(text.replace('"filters": 4', '"filters": 5'))
    with pytest.raises(RunError, match="invalid network"):
        model_of_run(killed)
    killed.config_path.write_text("{}")
    with pytest.raises(RunError, match="missing layers or input_shape"):
        model_of_run(killed)
    shutil.rmtree(killed.checkpoint_path.parent)
    with pytest.raises(RunError, match="no model and no checkpoint"):
        model_of_run(killed)
