"""Journals of any length, for tests of their readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from spritenet.runs.journal import Journal
from spritenet.training.events import EpochEnded, Event, Finished, Started, StepEvent

START = Started(0, 10_000, 100, 100, 64, 6400, 5000, 0)


def step(number: int) -> StepEvent:
    """An update whose figures tell its number."""
    return StepEvent(number, (number - 1) // 100, 1.0 / number, number % 65, 64, 0.25)


def epoch(number: int) -> EpochEnded:
    """The end of an epoch of 100 updates."""
    return EpochEnded(100 * number, number - 1, 0.5, 0.5, 0.25, None, None, 6400, 1.0)


def write(path: Path, steps: int, *, end: bool = True) -> list[Event]:
    """A journal of so many updates; its events."""
    events: list[Event] = [START]
    for number in range(1, steps + 1):
        events.append(step(number))
        if number % 100 == 0:
            events.append(epoch(number // 100))
    if end:
        events.append(Finished(steps, 64 * steps, 1.0, 2.0))
    with Journal(path) as journal:
        for event in events:
            journal.write(event)
    return events


def entries(path: Path) -> list[dict[str, Any]]:
    """The lines' objects."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]
