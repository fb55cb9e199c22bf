"""Interleaved comparisons: sides that work in turns, each in a process of its own.

Its own process, so that one library's threads, caches and allocator can't slow the other; in turns,
so that a machine which is busy for a while is busy for both. The sides' programs are in sides/.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from figures import leave

__all__ = ["SIDES", "Side", "interpreter", "take_turns"]

SIDES = Path(__file__).parent / "sides"


class Side:
    """A running process that serves. `name` is what it calls itself."""

    def __init__(
        self, script: str, arguments: Sequence[object], *, python: str, env: Mapping[str, str]
    ) -> None:
        self._command = " ".join([python, str(SIDES / script), *map(str, arguments)])
        self._process = subprocess.Popen(
            [python, str(SIDES / script), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **env},
        )
        self.name = self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for as a pipe
        line = self._process.stdout.readline().strip()
        if not line:
            leave(f"It ended early: {self._command}")
        return line

    def seconds(self, count: int) -> float:
        """Lets it do that much work, and gives the seconds it took."""
        assert self._process.stdin is not None  # noqa: S101 - it was asked for as a pipe
        print(count, file=self._process.stdin, flush=True)
        return float(self._answer())

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


def take_turns(
    sides: Sequence[Side],
    *,
    rounds: int,
    seconds: float,
    between: Callable[[], object] | None = None,
) -> list[tuple[float, ...]]:
    """Measures the work per second of each side, once per round.

    Args:
        sides: each is warmed up, works for about `seconds` a round, and is closed at the end.
        rounds: how often each has its turn.
        seconds: how long a turn lasts.
        between: what else is to be measured in each round.

    Returns:
        For each side, work a second of each round.
    """
    counts = []
    for side in sides:
        count = 8
        while (took := side.seconds(count)) < seconds / 4:
            count *= 2
        counts.append(max(1, round(count * seconds / took)))
    speeds: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, count, measured in zip(sides, counts, speeds, strict=True):
            measured.append(count / side.seconds(count))
        if between is not None:
            between()
    for side in sides:
        side.close()
    return [tuple(measured) for measured in speeds]


def interpreter(library: str) -> str | None:
    """A Python that has the library: the one PEER_<LIBRARY> names, this one, or none."""
    python = os.environ.get(f"PEER_{library.upper()}", sys.executable)
    look = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({library!r}) is None)"
    try:
        found = subprocess.run([python, "-c", look], check=False).returncode == 0
    except OSError as error:
        leave(f"PEER_{library.upper()}={python}: {error.strerror}")
    if not found:
        print(
            f"({library} is not installed here; PEER_{library.upper()} may name a Python with it)",
            file=sys.stderr,
        )
    return python if found else None
