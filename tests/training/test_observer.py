"""Observer: predictions, confusion matrices and snapshots, within a fraction of the time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tiny
from spritenet.engines.engine import Examples
from spritenet.metrics import confusion_matrix
from spritenet.training import observer as module
from spritenet.training.events import Confused, Predicted, SnapshotSaved
from spritenet.training.observer import SAMPLES, Observer, Subject
from spritenet.training.snapshot import WeightSlice

TEST = tiny.images(90, seed=1)


class Clock:
    """Both clocks of an observer, set by hand."""

    seconds = 0.0

    def __call__(self) -> tuple[float, float]:
        """The seconds on either clock."""
        return self.seconds, self.seconds


@pytest.fixture(name="clock")
def fixture_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the observers of a test."""
    clock = Clock()
    monkeypatch.setattr(module, "_clocks", clock)
    return clock


MODEL = tiny.model()
MODEL.fit(tiny.images(), epochs=2, verbose=0)


def observer(folder: Path, *, watched: bool, labels: bool = True) -> Observer:
    """Of a trained model."""
    examples = Examples(TEST.images, TEST.labels if labels else None)
    weights = [WeightSlice("conv2d/kernel", (3, 3, 1, 4), 0)]
    names = [layer.label for layer in MODEL.layers]
    subject = Subject(MODEL.engine(), weights, names, TEST.images[0], TEST.class_names)
    return Observer(subject, examples, folder, 5, lambda: watched)


@pytest.mark.usefixtures("clock")
def test_a_watched_training_is_observed_at_once(tmp_path: Path) -> None:
    """Predictions of the same few images, and the confusion matrix of all."""
    seen = observer(tmp_path, watched=True)
    predicted, confused = seen.evaluated(MODEL.state.now)
    assert isinstance(predicted, Predicted)
    assert isinstance(confused, Confused)
    assert len(predicted.labels) == SAMPLES
    outputs = MODEL.predict(TEST)
    expected = confusion_matrix(TEST.labels, outputs.argmax(axis=1), 4)
    assert confused.matrix == expected.tolist()
    assert confused.images == len(TEST)
    written = json.loads((tmp_path / "samples.json").read_bytes())
    assert written["labels"] == predicted.labels
    again, *_ = observer(tmp_path, watched=True).evaluated(MODEL.state.now)
    assert again == predicted


def test_an_unwatched_training_waits_until_it_costs_little(tmp_path: Path, clock: Clock) -> None:
    """A first snapshot of an estimated 10 ms is due after 2.5 seconds."""
    seen = observer(tmp_path, watched=False)
    clock.seconds = 2.4
    assert list(seen.passed(MODEL.state.now)) == []
    clock.seconds = 2.6
    (saved,) = seen.passed(MODEL.state.now)
    assert isinstance(saved, SnapshotSaved)
    assert (tmp_path / saved.path).exists()
    assert list(seen.passed(MODEL.state.now)) == []  # the next one is due a quarter later


def test_costs_are_paid_before_the_next_observation(tmp_path: Path, clock: Clock) -> None:
    """A confusion matrix that took 1 s is computed again after 40 s of a watched training."""
    seen = observer(tmp_path, watched=True)
    seen.costs["confusion"], seen.spent = (1.0, 1.0), (1.0, 1.0)
    clock.seconds = 39.0
    assert len(list(seen.evaluated(MODEL.state.now))) == 1
    clock.seconds = 41.0
    assert len(list(seen.evaluated(MODEL.state.now))) == 2


@pytest.mark.usefixtures("clock")
def test_without_labels_nothing_is_predicted(tmp_path: Path) -> None:
    """Targets have no classes."""
    assert list(observer(tmp_path, watched=True, labels=False).evaluated(MODEL.state.now)) == []


def test_the_weights_stay(tmp_path: Path) -> None:
    """Observing reads them only."""
    before = MODEL.weights_sha256
    seen = observer(tmp_path, watched=True)
    events = [*seen.passed(MODEL.state.now), *seen.evaluated(MODEL.state.now)]
    assert len(events) == 3
    assert MODEL.weights_sha256 == before
    assert np.isfinite(MODEL.parameters).all()
