"""Controls: commands to a running training, and the answers to them.

The loop polls between calls of the engine. It knows no page and no file, only `Controls`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeGuard

from spritenet.training.events import Controlled, Event, Finished, Stopped
from spritenet.training.session import Session

__all__ = ["BY_HAND", "COMMANDS", "DISCARDED", "KEPT", "Command", "Controls", "is_complete", "obey"]

COMMANDS = ("pause", "resume", "stop", "discard", "rate")

KEPT = "stopped by hand"
"""Reason of a training that was stopped and keeps its weights."""

DISCARDED = "discarded"
"""Reason of a training that was stopped and whose results are deleted."""

BY_HAND = (KEPT, DISCARDED)
"""Reasons that a resumed run ignores: it continues."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command to a training.

    Attributes:
        id: an identifier, repeated in the answer.
        name: one of `COMMANDS`.
        value: the new learning rate, for "rate".
    """

    id: str
    name: str
    value: float | None = None


class Controls(Protocol):
    """A source of commands."""

    def poll(self) -> Sequence[Command]:
        """Returns the commands since the last call, oldest first. Called often: must be cheap."""


def is_complete(event: Event) -> TypeGuard[Finished | Stopped]:
    """True for the last event of a training that is finished, or was stopped to use its weights."""
    return isinstance(event, Finished) or (isinstance(event, Stopped) and event.reason == KEPT)


def obey(command: Command, session: Session, *, paused: bool) -> Controlled:
    """Executes a command, or answers why it was refused. The loop itself pauses and resumes.

    Args:
        command: the command.
        session: the training that it is for.
        paused: True while the training is paused.
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
    """Returns the reason to refuse a command; empty if there is none."""
    rate = command.value
    if command.name not in COMMANDS:
        return "unknown command"
    if command.name == "pause" and paused:
        return "it is paused already"
    if command.name == "resume" and not paused:
        return "it is not paused"
    if command.name == "rate" and (rate is None or not math.isfinite(rate) or rate < 0):
        return "a learning rate is a finite number that is not below 0"
    return ""
