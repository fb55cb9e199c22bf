"""Summary: the state and results of a run, from the ends of its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spritenet.runs import Run
from spritenet.runs.journal import Journal
from spritenet.runs.summary import summary
from spritenet.training import events
from spritenet.training.events import Event, StepEvent

STARTED = events.Started(0, 40, 20, 2, 8, 160, 9, 0)
STEPS = [StepEvent(k, 0, 1 / k, 4, 8, 0.1) for k in range(1, 21)]
EPOCH = events.EpochEnded(20, 0, 0.5, 0.6, 0.1, 0.4, 0.7, 160, 1.0)
FINISHED = events.Finished(40, 320, 2.0, 2.5)
TESTED = events.Tested(40, 0.3, 0.9, 100)


def run_of(folder: Path, *journal: Event, config: Any = None) -> Run:  # noqa: ANN401 - JSON
    """A run with these events."""
    run = Run(folder)
    run.folder.mkdir(exist_ok=True)
    run.config_path.write_text(json.dumps(config or {"model": "tutorial", "data": "digits"}))
    with Journal(run.journal_path) as lines:
        for event in journal:
            lines.write(event)
    return run


def control(command: str, refused: str = "") -> Event:
    """An answer to a command."""
    return events.Controlled(20, "1-a", command, None, refused)


@pytest.mark.parametrize(
    ("journal", "running", "expected"),
    [
        ((), True, "starting"),
        ((), False, "killed"),
        ((STARTED, *STEPS), True, "running"),
        ((STARTED, *STEPS), False, "killed"),
        ((STARTED, *STEPS, control("pause")), True, "paused"),
        ((STARTED, *STEPS, control("pause", "it is paused already")), True, "running"),
        ((STARTED, *STEPS, control("pause"), control("resume")), True, "running"),
        ((STARTED, *STEPS, control("pause"), control("rate")), True, "paused"),
        ((STARTED, *STEPS, FINISHED), False, "finished"),
        ((STARTED, *STEPS, FINISHED, TESTED), False, "finished"),
        ((STARTED, *STEPS, events.Stopped(20, "Ctrl-C", 1, 1, 1)), False, "stopped"),
        ((STARTED, *STEPS, FINISHED, STARTED, *STEPS), False, "killed"),
    ],
    ids=range(12),
)
def test_states_follow_from_lock_and_journal(
    tmp_path: Path,
    journal: tuple[Event, ...],
    running: bool,
    expected: str,
) -> None:
    """An end before the newest beginning doesn't count: the training was resumed."""
    run = run_of(tmp_path / "run", *journal)
    if running:
        with run.locked():
            found = summary(run)
    else:
        found = summary(run)
    assert found.state == expected
    assert found.under_way == running


def test_results_are_the_newest(tmp_path: Path) -> None:
    """Of each kind, however many steps lie between."""
    evaluated = [events.Evaluated(k, 0, 0.4, k / 40, 100) for k in (10, 20)]
    found = summary(
        run_of(
            tmp_path / "mine",
            STARTED,
            *STEPS[:10],
            evaluated[0],
            *STEPS[10:],
            *evaluated[1:],
            EPOCH,
            FINISHED,
            TESTED,
        )
    )
    assert (found.name, found.network, found.data) == ("mine", "tutorial", "digits")
    assert (found.steps, found.last_step) == (40, 40)
    assert (found.test_accuracy, found.val_accuracy, found.loss) == (0.9, 0.5, 0.5)
    assert found.accuracy == 0.9
    assert found.seconds is not None
    assert found.to_json()["network"] == "tutorial"
    during = summary(run_of(tmp_path / "during", STARTED, *STEPS, evaluated[1]))
    assert (during.steps, during.accuracy, during.test_accuracy) == (20, 0.5, None)


@pytest.mark.parametrize("config", ["", "[]", "{", '{"model": 3, "data": ["x"]}', "null"])
def test_broken_files_give_no_values(tmp_path: Path, config: str) -> None:
    """A list of runs never fails because of one of them."""
    run = run_of(tmp_path / "run")
    run.config_path.write_text(config)
    run.journal_path.write_bytes(b'{"event": "started"}\n{"step": "x", "event": "epoch"}\n{')
    found = summary(run)
    assert (found.network, found.data, found.steps, found.loss) == (None, None, None, None)
    run.journal_path.unlink()
    assert summary(run).state == "killed"
