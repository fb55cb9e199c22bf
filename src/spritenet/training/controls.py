"""What somebody may ask of a running training, and how it answers.

The loop polls between its calls of the engine. It knows no page and no file: only whom to ask.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from spritenet.training.events import Controlled
from spritenet.training.session import Session

__all__ = ["BY_HAND", "COMMANDS", "DISCARDED", "KEPT", "Command", "Controls", "obey"]

COMMANDS = ("pause", "resume", "stop", "discard", "rate")

KEPT = "stopped by hand"
"""The reason of a training that was stopped, its weights kept."""

DISCARDED = "discarded"
"""The reason of a training that was stopped, and of which nothing shall stay."""

BY_HAND = (KEPT, DISCARDED)
"""Reasons that hold for one time only: a run that is resumed goes on."""


@dataclass(frozen=True, slots=True)
class Command:
    """Something that is asked of a training.

    Attributes:
        id: the answer carries it.
        name: one of `COMMANDS`.
        value: the learning rate that is wanted, for "rate".
    """

    id: str
    name: str
    value: float | None = None


class Controls(Protocol):
    """Where commands come from."""

    def poll(self) -> Sequence[Command]:
        """Those that came since the last time, oldest first. It is called often: be cheap."""


def obey(command: Command, session: Session, *, paused: bool) -> Controlled:
    """Do it, or say why not; pausing itself is left to the loop.

    Args:
        command: what is asked.
        session: of whom.
        paused: whether the training is pausing now.
    """
    refused = _refusal(command, paused=paused)
    if not refused:
        match command.name:
            case "stop":
                session.stop(KEPT)
            case "discard":
                session.stop(DISCARDED)
            case "rate":
                session.set_learning_rate(command.value)
    return Controlled(session.state.now.step, command.id, command.name, command.value, refused)


def _refusal(command: Command, *, paused: bool) -> str:
    """Why it can't be done; empty if it can."""
    rate = command.value
    if command.name not in COMMANDS:
        return "this training knows no such command"
    if command.name == "pause" and paused:
        return "it is paused already"
    if command.name == "resume" and not paused:
        return "it is not paused"
    if command.name == "rate" and (rate is None or not math.isfinite(rate) or rate < 0):
        return "a learning rate is a finite number that is not below 0"
    return ""
