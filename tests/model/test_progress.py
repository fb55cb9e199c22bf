"""Progress: a line for each epoch where a person may read it, and nowhere else."""

from __future__ import annotations

import sys

import pytest

from spritenet.model import progress
from spritenet.training.events import EpochEnded, Event, Finished, Started, Stopped

EVENTS: list[Event] = [
    Started(0, 10, 5, 2, 32, 160, 99, 7),
    EpochEnded(5, 0, 0.5, 0.75, 0.01, 0.4, 0.8, 160, 2.0),
    EpochEnded(10, 1, 0.25, 0.875, 0.01, None, None, 160, 0.0),
    Stopped(10, "enough", 320, 2.0, 2.5),
]


def test_events_pass_through_and_epochs_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line is printed before the event behind it is pulled."""
    events = progress.with_progress(iter(EVENTS))
    assert [next(events), next(events)] == EVENTS[:2]
    first = capsys.readouterr().out
    expected = "Epoch 1/2: loss 0.5000, accuracy 0.7500, val_loss 0.4000, val_accuracy 0.8000, "
    assert first == f"{expected}80 images/s\n"
    assert list(events) == EVENTS[2:]
    rest = capsys.readouterr().out
    assert rest == "Epoch 2/2: loss 0.2500, accuracy 0.8750, 0 images/s\nStopped: enough\n"


def test_a_finished_training_needs_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Its last epoch had one."""
    assert len(list(progress.with_progress([EVENTS[0], Finished(10, 1, 1, 1)]))) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("verbose", "expected"), [(0, False), (1, True), (2, True)])
def test_numbers_decide(verbose: int, expected: bool) -> None:
    """As in Keras."""
    assert progress.is_enabled(verbose) == expected


def test_auto_means_a_terminal_or_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program's output into a file stays its own."""
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    assert not progress.is_enabled("auto")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert progress.is_enabled("auto")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert progress.is_enabled("auto")
