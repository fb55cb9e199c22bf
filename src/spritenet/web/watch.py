"""Routes of the live page: the list of runs, their journals as they grow, and control.

    GET  /watch/runs                       every run in a few figures
    GET  /watch/events?run=NAME&run=…      journals as server-sent events, from their beginning
    GET  /watch/runs/NAME/config           a run's config.json
    GET  /watch/runs/NAME/snapshots/FILE   weights and activations at some steps
    POST /watch/runs/NAME/control          {"command": "pause"}; the answer comes in the journal

It only reads and writes files of the run's folder, so training and page are independent, and
several pages can watch a run. A name in an address only selects a listed run.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from time import monotonic, time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from spritenet.errors import RunError
from spritenet.runs import Run
from spritenet.runs.controls import send_command
from spritenet.runs.journal_follower import JournalFollower
from spritenet.runs.run_directory import RunDirectory
from spritenet.runs.summary import Summary, summary
from spritenet.training.controls import COMMANDS

__all__ = ["watching"]

EVERY = 0.05
"""Seconds between two looks at a journal."""

STATE_EVERY = 0.5
"""Seconds between two looks at how the run does."""

TOUCH_EVERY = 3.0
"""Seconds between two touches that tell a training that somebody looks on."""

LARGEST_FILE = 16 << 20
"""Bytes of a snapshot or a config.json that are sent."""

LARGEST_COMMAND = 1024
"""Bytes of a command."""

MOST_RUNS = 12
"""Runs that are shown together."""

SNAPSHOT = re.compile(r"(?:samples|[0-9]{9,15})\.json")


class _Watched:
    """The routes of a shelf's runs.

    Args:
        shelf: the runs to show.
        chosen: the run that the page shows first; it need not be listed yet.
        connected: called with 1 when a page begins to follow a run, with -1 when it ends.
    """

    def __init__(self, shelf: RunDirectory, chosen: Run, connected: Callable[[int], None]) -> None:
        self.shelf, self.chosen, self.connected = shelf, chosen, connected
        self.known: dict[str, tuple[object, Summary]] = {}

    def run(self, name: str) -> Run | None:
        """The run of that name; None if there is none."""
        if name == self.chosen.folder.name and self.chosen.folder.is_dir():
            return self.chosen
        return self.shelf.named(name)

    async def runs(self, _: Request) -> Response:
        """Every run in a few figures, the newest first."""
        found = await run_in_threadpool(self.summaries)
        chosen = self.chosen.folder.name
        return JSONResponse({"chosen": chosen, "runs": [one.to_json() for one in found]})

    def summaries(self) -> list[Summary]:
        """The figures of every run; those of one that has ended are read once."""
        found = []
        for run in self.shelf.runs():
            mark, name = _mark(run.journal_path), run.folder.name
            before, known = self.known.get(name, (None, None))
            if known is None or known.under_way or mark != before or run.running:
                known = summary(run)
                self.known[name] = mark, known
            found.append(known)
        return found

    async def config(self, request: Request) -> Response:
        """A run's config.json, as it is."""
        run = await run_in_threadpool(self.run, request.path_params["name"])
        if run is not None and not run.config_path.exists():
            return JSONResponse({})  # its training has only begun
        return _gone() if run is None else await run_in_threadpool(_file, run.config_path)

    async def snapshot(self, request: Request) -> Response:
        """A file of the folder snapshots."""
        name = request.path_params["file"]
        run = await run_in_threadpool(self.run, request.path_params["name"])
        if not SNAPSHOT.fullmatch(name):
            return _nothing()
        if run is None:
            return _gone()
        return await run_in_threadpool(_file, run.snapshots_path / name)

    async def control(self, request: Request) -> Response:
        """Ask something of a training; the command's id."""
        run = await run_in_threadpool(self.run, request.path_params["name"])
        body = await request.body()
        if run is None:
            return _nothing()
        try:
            wish = json.loads(body) if len(body) <= LARGEST_COMMAND else None
        except (ValueError, RecursionError):
            wish = None
        command = wish.get("command") if isinstance(wish, dict) else None
        value = wish.get("value") if isinstance(wish, dict) else None
        plain = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
        if command not in COMMANDS or not plain:
            return PlainTextResponse("That is no command.\n", 400)
        if not run.running:
            return PlainTextResponse("Its training has ended: nobody would do it.\n", 409)
        try:
            made = await run_in_threadpool(send_command, run.controls.folder, command, value)
        except RunError as error:
            return PlainTextResponse(f"{error}\n", 500)
        return JSONResponse({"id": made})

    async def events(self, request: Request) -> Response:
        """Journals, from their beginning, and then as they grow: of several runs in one stream.

        A browser opens only six connections to a server, for all its pages.
        """
        names = dict.fromkeys(request.query_params.getlist("run")[:MOST_RUNS])
        found = [await run_in_threadpool(self.run, name) for name in names]
        followed = [_Followed(run) for run in found if run is not None]
        if not followed:
            return _nothing()
        return StreamingResponse(
            self._stream(followed), media_type="text/event-stream", headers=NO_BUFFER
        )

    async def _stream(self, followed: Sequence[_Followed]) -> AsyncIterator[str]:
        """Messages `journal` and `state`, until the page is gone."""
        state_at = touched_at = float("-inf")
        self.connected(1)
        try:
            while True:
                now = monotonic()
                if now - touched_at >= TOUCH_EVERY:
                    touched_at = now
                    await run_in_threadpool(followed[0].touch)
                for one in followed:
                    if one.changed():
                        for text in await run_in_threadpool(one.news):
                            yield f"event: journal\ndata: {text}\n\n"
                if now - state_at >= STATE_EVERY:
                    state_at = now
                    for one in followed:
                        yield f"event: state\ndata: {await run_in_threadpool(one.state)}\n\n"
                await asyncio.sleep(EVERY)
        finally:
            self.connected(-1)


class _Followed:
    """One run in a stream."""

    def __init__(self, run: Run) -> None:
        self.run, self.name = run, run.folder.name
        self.reader = JournalFollower(run.journal_path)
        self.mark: object = ()

    def changed(self) -> bool:
        """Returns True if its journal may have changed since the last call."""
        before, self.mark = self.mark, _mark(self.run.journal_path)
        return before != self.mark

    def news(self) -> Sequence[str]:
        """Returns new events of its journal as JSON; empty without any."""
        try:
            batch = self.reader.read()
        except (OSError, RunError):
            return ()
        if not batch:
            return ()
        news = {
            "run": self.name,
            "restarted": batch.restarted,
            "sampled": batch.sampled,
            "steps": batch.steps,
            "events": batch.others,
        }
        return (json.dumps(news, separators=(",", ":")),)

    def state(self) -> str:
        """Returns the state of the run as JSON."""
        if not self.run.folder.is_dir():
            return json.dumps({"name": self.name, "state": "gone"})
        found = summary(self.run)
        return json.dumps({**found.to_json(), "silent": max(0.0, time() - found.changed)})

    def touch(self) -> None:
        """Tells its training that a page is open."""
        if self.run.running:
            self.run.controls.watch()


NO_BUFFER = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def watching(chosen: Run, connected: Callable[[int], None] = lambda _: None) -> list[Route]:
    """The routes of the live page, for `application`.

    Args:
        chosen: the run that is shown first; the runs beside it can be chosen too.
        connected: called with 1 when a page begins to follow a run, with -1 when it ends.
    """
    chosen = Run(chosen.folder.absolute())
    routes = _Watched(RunDirectory(chosen.folder.parent), chosen, connected)
    one = "/watch/runs/{name}"
    return [
        Route("/watch/runs", routes.runs),
        Route("/watch/events", routes.events),
        Route(f"{one}/config", routes.config),
        Route(f"{one}/snapshots/{{file}}", routes.snapshot),
        Route(f"{one}/control", routes.control, methods=["POST"]),
    ]


def _mark(path: Path) -> object:
    """Something that is another when a file has changed; None if there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _file(path: Path) -> Response:
    """A file of JSON, as it is."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return PlainTextResponse("It is too large.\n", 413)
        return Response(path.read_bytes(), media_type="application/json")
    except OSError:
        return _gone()


def _gone() -> Response:
    """The answer where something may just have been removed: a run may be discarded any time."""
    return Response(status_code=204)


def _nothing() -> Response:
    """The answer where there is nothing."""
    return PlainTextResponse("There is nothing here.\n", 404)
