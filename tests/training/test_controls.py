"""Controls: every command is answered, and a refused one changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from spritenet.training.controls import COMMANDS, DISCARDED, Command, obey
from spritenet.training.plan import Plan
from spritenet.training.session import Session
from spritenet.training.state import CurrentState, TrainingState


def session() -> Session:
    """A training after 4 of 10 steps."""
    now = TrainingState(np.zeros(2, np.float32), np.zeros((0, 2), np.float32), step=4, place=4)
    plan = Plan(0, 10, batch_size=8, seed=0, steps_per_epoch=5)
    return Session(plan, CurrentState(now), np.full(10, 0.1, np.float32))


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_are_answered_under_their_id(name: str) -> None:
    """With the step at which they were executed."""
    paused = name == "resume"
    answer = obey(Command("1-a", name, 0.25), session(), paused=paused)
    assert (answer.step, answer.id, answer.command, answer.refused) == (4, "1-a", name, "")


def test_stop_discard_and_rate_change_the_training() -> None:
    """The loop itself pauses and resumes."""
    for name, reason in (("stop", "stopped by hand"), ("discard", DISCARDED), ("pause", "")):
        asked = session()
        obey(Command("1", name), asked, paused=False)
        assert asked.reason == reason
    asked = session()
    obey(Command("1", "rate", 0.25), asked, paused=False)
    assert asked.learning_rate == 0.25


@pytest.mark.parametrize(
    ("command", "paused", "words"),
    [
        (Command("1", "dream"), False, "unknown command"),
        (Command("1", "pause"), True, "paused already"),
        (Command("1", "resume"), False, "not paused"),
        (Command("1", "rate"), False, "finite number"),
        (Command("1", "rate", float("nan")), False, "finite number"),
        (Command("1", "rate", -1.0), False, "not below 0"),
    ],
)
def test_others_are_refused(command: Command, paused: bool, words: str) -> None:
    """With the reason, and the training goes on as before."""
    asked = session()
    assert words in obey(command, asked, paused=paused).refused
    assert (asked.reason, asked.rate) == ("", None)
