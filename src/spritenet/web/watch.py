"""What the live page asks for: which runs there are, their journals as they grow, and control.

    GET  /watch/runs                       every run in a few figures
    GET  /watch/runs/NAME/config           its config.json
    GET  /watch/runs/NAME/events           its journal as server-sent events, from the beginning
    GET  /watch/runs/NAME/snapshots/FILE   what was seen of the network
    POST /watch/runs/NAME/control          {"command": "pause"}; the answer comes in the journal

It only reads and writes files of the run's folder. So the training and the page outlive each other,
and as many pages as one likes look on. A name in an address only ever selects a run that is listed.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from time import monotonic

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from spritenet.errors import RunError
from spritenet.runs import Reader, Run, Shelf, ask, summary
from spritenet.training.controls import COMMANDS

__all__ = ["watching"]

EVERY = 0.05
"""Seconds between two looks at a journal."""

STATE_EVERY = 0.5
"""Seconds between two looks at how the run does."""

WATCHED_EVERY = 3.0
"""Seconds between two touches that tell a training that somebody looks on."""

LARGEST_FILE = 16 << 20
"""Bytes of a snapshot or a config.json that are sent."""

LARGEST_COMMAND = 1024
"""Bytes of a command."""

SNAPSHOT = re.compile(r"(?:samples|[0-9]{9,15})\.json")


class _Watched:
    """The routes of a shelf's runs.

    Args:
        shelf: whose runs are shown.
        chosen: the run that the page shows first; it need not be listed yet.
        connected: told 1 when a page begins to follow a run, -1 when it ends.
    """

    def __init__(self, shelf: Shelf, chosen: Run, connected: Callable[[int], None]) -> None:
        self.shelf, self.chosen, self.connected = shelf, chosen, connected

    def run(self, request: Request) -> Run | None:
        """The run of an address; None if there is none."""
        name = request.path_params["name"]
        if name == self.chosen.folder.name and self.chosen.folder.is_dir():
            return self.chosen
        return self.shelf.named(name)

    async def runs(self, _: Request) -> Response:
        """Every run in a few figures, the newest first."""
        found = await run_in_threadpool(self.shelf.summaries)
        chosen = self.chosen.folder.name
        return JSONResponse({"chosen": chosen, "runs": [one.to_json() for one in found]})

    async def config(self, request: Request) -> Response:
        """A run's config.json, as it is."""
        run = await run_in_threadpool(self.run, request)
        return _nothing() if run is None else await run_in_threadpool(_file, run.config_path)

    async def snapshot(self, request: Request) -> Response:
        """A file of the folder snapshots."""
        name = request.path_params["file"]
        run = await run_in_threadpool(self.run, request)
        if run is None or not SNAPSHOT.fullmatch(name):
            return _nothing()
        return await run_in_threadpool(_file, run.snapshots_path / name)

    async def control(self, request: Request) -> Response:
        """Ask something of a training; the command's id."""
        run = await run_in_threadpool(self.run, request)
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
            made = await run_in_threadpool(ask, run.controls.folder, command, value)
        except RunError as error:
            return PlainTextResponse(f"{error}\n", 500)
        return JSONResponse({"id": made})

    async def events(self, request: Request) -> Response:
        """The journal, from the beginning, and then as it grows."""
        run = await run_in_threadpool(self.run, request)
        if run is None:
            return _nothing()
        quiet = request.query_params.get("quiet") == "1"
        return StreamingResponse(
            self._stream(run, quiet=quiet), media_type="text/event-stream", headers=NO_BUFFER
        )

    async def _stream(self, run: Run, *, quiet: bool) -> AsyncIterator[str]:
        """Messages `journal` and `state`, until the page or the run is gone.

        Args:
            run: which.
            quiet: its training need not make an effort: the run is only compared with another.
        """
        reader = Reader(run.journal_path)
        said, state_at, watched_at = "", float("-inf"), float("-inf")
        seen: object = None
        self.connected(1)
        try:
            while True:
                now = monotonic()
                if not quiet and now - watched_at >= WATCHED_EVERY:
                    watched_at = now
                    await run_in_threadpool(_touch, run)
                mark = _mark(run.journal_path)
                if mark != seen:
                    seen = mark
                    text = await run_in_threadpool(_news, reader)
                    if text:
                        yield f"event: journal\ndata: {text}\n\n"
                if now - state_at >= STATE_EVERY:
                    state_at = now
                    state = await run_in_threadpool(_state, run)
                    if state != said or state_at % 15 < STATE_EVERY:  # now and then anyway
                        said = state
                        yield f"event: state\ndata: {state}\n\n"
                    if not run.folder.is_dir():
                        return
                await asyncio.sleep(EVERY)
        finally:
            self.connected(-1)


NO_BUFFER = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def watching(chosen: Run, connected: Callable[[int], None] = lambda _: None) -> list[Route]:
    """The routes of the live page, for `application`.

    Args:
        chosen: the run that is shown first; the runs beside it can be chosen too.
        connected: told 1 when a page begins to follow a run, -1 when it ends.
    """
    chosen = Run(chosen.folder.absolute())
    routes = _Watched(Shelf(chosen.folder.parent), chosen, connected)
    one = "/watch/runs/{name}"
    return [
        Route("/watch/runs", routes.runs),
        Route(f"{one}/config", routes.config),
        Route(f"{one}/events", routes.events),
        Route(f"{one}/snapshots/{{file}}", routes.snapshot),
        Route(f"{one}/control", routes.control, methods=["POST"]),
    ]


def _news(reader: Reader) -> str:
    """What is new in a journal, as JSON; empty if nothing is."""
    try:
        batch = reader.read()
    except (OSError, RunError):
        return ""
    if not batch:
        return ""
    news = {
        "restarted": batch.restarted,
        "sampled": batch.sampled,
        "steps": batch.steps,
        "events": batch.others,
    }
    return json.dumps(news, separators=(",", ":"))


def _state(run: Run) -> str:
    """How a run does, as JSON."""
    if not run.folder.is_dir():
        return json.dumps({"state": "gone"})
    return json.dumps(summary(run).to_json())


def _touch(run: Run) -> None:
    """Tell its training that somebody looks on."""
    if run.running:
        run.controls.watch()


def _mark(path: Path) -> object:
    """Something that is another when a file has changed."""
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
        return _nothing()


def _nothing() -> Response:
    """The answer where there is nothing."""
    return PlainTextResponse("There is nothing here.\n", 404)
