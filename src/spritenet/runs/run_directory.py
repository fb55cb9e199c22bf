"""Run directories: folders of runs, like `runs/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spritenet.errors import RunError
from spritenet.runs.run import LOCK, Run
from spritenet.runs.summary import Summary, summary

__all__ = ["RunDirectory"]

MOST = 500
"""Runs that are listed: the newest ones."""


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """The runs in a folder.

    Attributes:
        folder: its path; it may be missing.
    """

    folder: Path

    def runs(self) -> list[Run]:
        """Returns the runs, the most recently written first."""
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
        """Returns a summary of each run."""
        return [summary(run) for run in self.runs()]

    def latest(self) -> Run:
        """Returns the most recently written run.

        Raises:
            RunError: there is none.
        """
        runs = self.runs()
        if not runs:
            raise RunError(
                "no run found",
                where=self.folder,
                do="Run spritenet train, or name the folder.",
            )
        return runs[0]

    def named(self, name: str) -> Run | None:
        """Returns the run of a name, or None; paths are not accepted."""
        return next((run for run in self.runs() if run.folder.name == name), None)


def _written(path: Path) -> float | None:
    """Returns the time at which a run was last written; None for other folders."""
    times = []
    for name in ("events.jsonl", "config.json"):
        try:
            times.append((path / name).stat().st_mtime)
        except OSError:
            continue
    return max(times) if times and (path / LOCK).exists() else None
