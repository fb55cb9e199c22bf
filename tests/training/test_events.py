"""Events: a journal's line and back, and nothing else becomes an event."""

from __future__ import annotations

import json

import pytest

from spritenet.training import events
from spritenet.training.events import EpochEnded, Event, Finished, StepEvent, from_json

EVENTS: list[Event] = [
    events.Started(0, 10, 5, 2, 32, 160, 99, 7),
    StepEvent(1, 0, 0.5, 24, 32, 0.01),
    events.Evaluated(5, 0, 0.4, 0.75, 100),
    EpochEnded(5, 0, 0.5, 0.75, 0.01, 0.4, 0.8, 160, 1.5),
    EpochEnded(5, 0, 0.5, 0.75, 0.01, None, None, 160, 1.5),
    events.CheckpointSaved(5, "run/checkpoint/state.npz"),
    Finished(10, 320, 2.0, 2.5),
    events.Stopped(7, "Ctrl-C", 224, 2.0, 2.5),
    events.Tested(10, 0.4, 0.75, 100),
    events.Predicted(5, [0, 1], [1, 1], [0.5, 0.75]),
    events.Confused(5, 4, [[1, 1], [0, 2]]),
    events.SnapshotSaved(5, "000000005.json"),
    events.Controlled(5, "1-a", "rate", 0.1, ""),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_events_survive_json(event: Event) -> None:
    """All fields come back, under the name of their kind."""
    entry = json.loads(json.dumps(event.to_json()))
    assert entry["event"] == event.kind
    assert from_json(entry) == event
    assert from_json({**entry, "at": 1.25, "unheard": "of"}) == event


def test_every_kind_is_covered() -> None:
    """A kind that a later version adds is tested too."""
    kinds = {
        value.kind
        for value in vars(events).values()
        if isinstance(value, type) and issubclass(value, Event) and value is not Event
    }
    assert kinds == {event.kind for event in EVENTS}


@pytest.mark.parametrize(
    "entry", [{}, {"event": "dream"}, {"event": "step", "step": 3}, {"event": None}, {"event": []}]
)
def test_other_lines_are_no_events(entry: dict[str, object]) -> None:
    """Unknown kinds and missing fields, as a newer version may write them."""
    assert from_json(entry) is None


def test_metrics_have_kerass_names() -> None:
    """Those of a validation only if there was one."""
    with_validation, without = EVENTS[3:5]
    assert isinstance(with_validation, EpochEnded)
    assert isinstance(without, EpochEnded)
    assert list(with_validation.logs) == [
        "loss",
        "accuracy",
        "val_loss",
        "val_accuracy",
        "learning_rate",
    ]
    assert without.logs == {"loss": 0.5, "accuracy": 0.75, "learning_rate": 0.01}


def test_rates_are_derived() -> None:
    """Accuracy of a batch and images per second; no time is no speed."""
    assert StepEvent(1, 0, 0.5, 24, 32, 0.01).accuracy == 0.75
    assert Finished(10, 320, 2.0, 2.5).images_per_second == 160
    assert Finished(10, 0, 0.0, 2.5).images_per_second == 0
