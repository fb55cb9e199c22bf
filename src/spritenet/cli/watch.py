"""`spritenet watch`: the live page of a run."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Annotated

import typer

from spritenet.cli.serving import Host, NoBrowser, Port, serve

__all__ = ["watch"]

PORT = 8030

LEFT_ALONE = 60.0
"""Seconds for which a page of `train --watch` is served that nobody looks at, its training gone."""


def watch(
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="RUN", help="The folder of a run.", show_default="the latest in runs/"
        ),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = PORT,
    no_browser: NoBrowser = False,
    training: Annotated[int, typer.Option(hidden=True, help="The process it belongs to.")] = 0,
) -> None:
    """Open a page that shows a training while it goes on, and afterwards."""
    from spritenet.errors import RunError
    from spritenet.runs import Run
    from spritenet.runs.run_directory import Shelf

    chosen = Shelf(Path("runs")).latest() if run is None else Run(run)
    if not chosen.exists and not chosen.journal_path.exists() and not training:
        raise RunError(
            "there is no run", where=chosen.folder, do="spritenet runs lists those in runs/."
        )
    from spritenet.web import serving
    from spritenet.web.table import static_files
    from spritenet.web.watch import watching

    pages = _Pages()
    files, routes = static_files("watch"), watching(chosen, pages.connected)
    if training:
        threading.Thread(target=_leave_with, args=(training, pages), daemon=True).start()
        serving.serve(
            files,
            routes,
            home="/watch/",
            host=host,
            port=port,
            browser=not no_browser,
            ready=lambda site: _say(site.address),
            knocked=lambda site: _say(f"another browser may open {site.address}"),
        )
        return
    print(chosen.folder)
    serve(files, routes, home="/watch/", host=host, port=port, no_browser=no_browser)


def _say(line: str) -> None:
    """A line for the training's process to show, if that is still there."""
    with suppress(OSError):
        print(line, flush=True)


class _Pages:
    """How many pages look on."""

    def __init__(self) -> None:
        self.open = 0
        self.since = monotonic()

    def connected(self, change: int) -> None:
        """One more, or one less."""
        self.open += change
        self.since = monotonic()


def _leave_with(process: int, pages: _Pages) -> None:
    """End this process once another one is gone and nobody has looked on for a while."""
    while os.getppid() == process or pages.open or monotonic() - pages.since < LEFT_ALONE:
        sleep(1.0)
    os._exit(0)
