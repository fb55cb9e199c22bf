"""The folder `control` of a run: what is asked of its training, a file each.

Whoever asks puts a file there, whole; the training takes it away and answers in the journal, under
the command's id. The file `watching` is touched by whoever looks on.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, time, time_ns

from spritenet.atomic import write_file
from spritenet.errors import RunError
from spritenet.training.controls import COMMANDS, Command

__all__ = ["ControlFolder", "ask"]

EVERY = 0.04
"""Seconds between two looks into the folder."""

WATCHED_EVERY = 0.5
"""Seconds between two looks whether somebody looks on."""

LARGEST = 4096
"""Bytes of a command."""

MOST = 100
"""Commands taken at a time."""

LOOKING = 10.0
"""Seconds for which a touch of `watching` counts."""

NAME = re.compile(r"[0-9]{1,20}-[0-9a-f]{1,16}")
"""Of a command's id: when it was asked, in nanoseconds, and something to tell it from others."""


def ask(folder: Path, name: str, value: float | None = None) -> str:
    """Ask something of the training whose control folder this is; the command's id.

    Args:
        folder: the control folder; it is made if it isn't there.
        name: "pause", "resume", "stop" (and keep), "discard" or "rate".
        value: the learning rate that is wanted, for "rate".

    Raises:
        RunError: there is no such command, or the disk refuses.
    """
    if name not in COMMANDS:
        raise RunError(
            "there is no such command", expected="one of " + ", ".join(COMMANDS), got=name
        )
    made = f"{time_ns()}-{os.urandom(4).hex()}"
    command = {"id": made, "command": name, "value": value}
    write_file(folder / f"{made}.json", json.dumps(command).encode(), error=RunError, durable=False)
    return made


@dataclass(slots=True, eq=False)
class ControlFolder:
    """The training's side of it.

    Attributes:
        folder: it need not be there.
        seen: when it was last looked into.
        answer: whether somebody looked on, and when that was found out.
    """

    folder: Path
    seen: float = float("-inf")
    answer: tuple[bool, float] = (False, float("-inf"))

    def clear(self) -> None:
        """Forget what was asked of a training before this one."""
        for path in self._files():
            path.unlink(missing_ok=True)

    def poll(self) -> Sequence[Command]:
        """The commands that came, oldest first; each is given once."""
        now = perf_counter()
        if now - self.seen < EVERY:
            return ()
        self.seen = now
        commands = []
        for path in self._files():
            command = _read(path)
            with suppress(OSError):
                path.unlink()
            if command is not None:
                commands.append(command)
        return commands

    def watch(self) -> None:
        """Say that somebody looks on."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "watching").touch()

    def watched(self) -> bool:
        """Whether somebody looked on a moment ago; cheap to ask often."""
        known, then = self.answer
        now = perf_counter()
        if now - then < WATCHED_EVERY:
            return known
        try:
            known = time() - (self.folder / "watching").stat().st_mtime < LOOKING
        except OSError:
            known = False
        self.answer = known, now
        return known

    def _files(self) -> list[Path]:
        """The commands' files, oldest first."""
        try:
            names = os.listdir(self.folder)  # noqa: PTH208 - a third of the time of iterdir
        except OSError:
            return []
        mine = [n for n in names if n.endswith(".json") and NAME.fullmatch(n[:-5])]
        return [self.folder / name for name in sorted(mine)[:MOST]]


def _read(path: Path) -> Command | None:
    """The command of a file; None if it is none."""
    try:
        with path.open("rb") as file:
            entry = json.loads(file.read(LARGEST))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(entry, dict):
        return None
    value = entry.get("value")
    number = float(value) if isinstance(value, int | float) else None
    return Command(path.stem, str(entry.get("command"))[:20], number)
