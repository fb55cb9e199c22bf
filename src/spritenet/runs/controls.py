"""Control folders: commands to a running training, a file each, in the folder `control` of its run.

A client writes a file atomically; the training deletes it and answers in the journal, under the
command's id. A client that follows the training touches the file `watching`.
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

__all__ = ["ControlFolder", "send_command"]

POLL_SECONDS = 0.04
"""Seconds between two listings of the folder."""

WATCHED_POLL_SECONDS = 0.5
"""Seconds between two looks at the file `watching`."""

LARGEST = 4096
"""Bytes of a command."""

MOST = 100
"""Commands taken at a time."""

WATCH_SECONDS = 10.0
"""Seconds for which a touch of `watching` counts."""

NAME = re.compile(r"[0-9]{1,20}-[0-9a-f]{1,16}")
"""A command's id: its time in nanoseconds, and a random part."""


def send_command(folder: Path, name: str, value: float | None = None) -> str:
    """Sends a command to the training with this control folder, and returns the command's id.

    Args:
        folder: the control folder, created if it is missing.
        name: "pause", "resume", "stop" (and keep), "discard" or "rate".
        value: the new learning rate, for "rate".

    Raises:
        RunError: the command is unknown, or the disk refuses.
    """
    if name not in COMMANDS:
        raise RunError("unknown command", expected="one of " + ", ".join(COMMANDS), got=name)
    made = f"{time_ns()}-{os.urandom(4).hex()}"
    command = {"id": made, "command": name, "value": value}
    write_file(folder / f"{made}.json", json.dumps(command).encode(), error=RunError, durable=False)
    return made


@dataclass(slots=True, eq=False)
class ControlFolder:
    """The training's side of a control folder.

    Attributes:
        folder: its path; it may be missing.
        seen: time of the last listing.
        answer: the last result of `watched`, and its time.
    """

    folder: Path
    seen: float = float("-inf")
    answer: tuple[bool, float] = (False, float("-inf"))

    def clear(self) -> None:
        """Deletes the commands to an earlier training."""
        for path in self._files():
            path.unlink(missing_ok=True)

    def poll(self) -> Sequence[Command]:
        """Returns new commands, oldest first; each is returned once."""
        now = perf_counter()
        if now - self.seen < POLL_SECONDS:
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
        """Marks the training as watched."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "watching").touch()

    def watched(self) -> bool:
        """Returns whether the training is being watched; cheap to call often."""
        known, then = self.answer
        now = perf_counter()
        if now - then < WATCHED_POLL_SECONDS:
            return known
        try:
            known = time() - (self.folder / "watching").stat().st_mtime < WATCH_SECONDS
        except OSError:
            known = False
        self.answer = known, now
        return known

    def _files(self) -> list[Path]:
        """Returns the files of commands, oldest first."""
        try:
            names = os.listdir(self.folder)  # noqa: PTH208 - a third of the time of iterdir
        except OSError:
            return []
        mine = [n for n in names if n.endswith(".json") and NAME.fullmatch(n[:-5])]
        return [self.folder / name for name in sorted(mine)[:MOST]]


def _read(path: Path) -> Command | None:
    """Reads a command; None if the file holds none."""
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
