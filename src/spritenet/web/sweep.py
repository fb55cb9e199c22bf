"""Routes of the page of a sweep: its trials as they are now, and the live pages of their runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from spritenet.errors import RunError
from spritenet.file_lock import is_locked
from spritenet.runs import Run
from spritenet.sweeps import Outcome, Trial
from spritenet.sweeps.importance import importance
from spritenet.sweeps.sweep_folder import SweepFolder
from spritenet.web.watch import watching

__all__ = ["sweeping"]

MOST = 5000
"""Trials that are sent."""


class _Shown:
    """The routes of one sweep.

    Args:
        folder: of the sweep.
        connected: called with 1, then -1, whenever a page asks.
    """

    def __init__(self, folder: SweepFolder, connected: Callable[[int], None]) -> None:
        self.folder, self.connected = folder, connected
        self.known: dict[str, tuple[int, Trial]] = {}

    async def state(self, request: Request) -> Response:
        """The sweep and its trials; nothing if the page has this version."""
        self.connected(1)
        self.connected(-1)
        found = await run_in_threadpool(self.found)
        if found["version"] == request.query_params.get("known"):
            return Response(status_code=204)
        return JSONResponse(found)

    def found(self) -> dict[str, Any]:
        """The sweep in JSON values."""
        try:
            config = self.folder.config()
        except RunError:
            config = {}
        trials = self.trials()
        alive = is_locked(self.folder.path / ".lock")
        outcome = Outcome(
            sorted(trials, key=lambda t: (t.group != "trial", t.number)),
            str(config.get("metric")),
            maximize=bool(config.get("maximize", True)),
        )
        marks = (mark for mark, _ in self.known.values())
        version = f"{config.get('state')} {alive} {len(trials)} {max(marks, default=0)}"
        space = config.get("space")
        return {
            "version": version,
            "config": {**config, "alive": alive},
            "trials": [_entry(t, outcome.metric) for t in outcome.trials[:MOST]],
            "outcome": outcome.to_json(),
            "importance": importance(outcome.searched, space if isinstance(space, dict) else ()),
        }

    def trials(self) -> list[Trial]:
        """The trials; files that haven't changed are read once."""
        found = {}
        for path in self.folder.trial_paths():
            try:
                mark = path.stat().st_mtime_ns
            except OSError:
                continue
            before = self.known.get(path.name)
            trial = before[1] if before and before[0] == mark else Trial.read(path)
            if trial is not None:
                found[path.name] = mark, trial
        self.known = found
        return [trial for _, trial in found.values()]


def sweeping(folder: Path, connected: Callable[[int], None] = lambda _: None) -> list[Route]:
    """The routes of a sweep's page, for `application`, and those of its runs' live pages.

    Args:
        folder: of the sweep.
        connected: called with 1 when a page looks, with -1 when it has its answer or ends.
    """
    shown = _Shown(SweepFolder(folder.absolute()), connected)
    first = Run(shown.folder.path / "runs" / "0000")
    return [Route("/sweep/state", shown.state), *watching(first, connected)]


def _entry(trial: Trial, metric: str) -> dict[str, Any]:
    """A trial as the page shows it."""
    entry = trial.to_json()
    curve = [epoch.get(metric) for epoch in entry.pop("epochs")]
    for name in ("notes", "worker", "weights_sha256"):
        del entry[name]
    return {**entry, "name": trial.name, "curve": curve}
