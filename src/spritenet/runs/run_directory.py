"""A folder of runs, like `runs/`: which there are, and each by its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spritenet.errors import RunError
from spritenet.runs.folder import LOCK, Run
from spritenet.runs.summary import Summary, summary

__all__ = ["Shelf"]

MOST = 500
"""Runs that are listed: the newest ones."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The runs in a folder.

    Attributes:
        folder: it need not be there.
    """

    folder: Path

    def runs(self) -> list[Run]:
        """The runs, the one that was written to last first."""
        found = []
        try:
            for path in self.folder.iterdir():
                if path.is_dir() and not path.is_symlink():
                    time = _written(path)
                    if time is not None:
                        found.append((time, path))
        except OSError:
            return []
        return [Run(path) for _, path in sorted(found, reverse=True)[:MOST]]

    def summaries(self) -> list[Summary]:
        """The runs in a few figures each."""
        return [summary(run) for run in self.runs()]

    def latest(self) -> Run:
        """The run that was written to last.

        Raises:
            RunError: there is none.
        """
        runs = self.runs()
        if not runs:
            raise RunError(
                "there is no run",
                where=self.folder,
                do="Type spritenet train, or say which folder.",
            )
        return runs[0]

    def named(self, name: str) -> Run | None:
        """The run of that name; None if there is none. Nothing but a name finds one."""
        return next((run for run in self.runs() if run.folder.name == name), None)


def _written(path: Path) -> float | None:
    """When a run's folder was last written to; None for a folder that is none."""
    times = []
    for name in ("events.jsonl", "config.json"):
        try:
            times.append((path / name).stat().st_mtime)
        except OSError:
            continue
    return max(times) if times and (path / LOCK).exists() else None
