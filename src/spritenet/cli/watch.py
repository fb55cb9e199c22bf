"""`spritenet watch`: the live page of a run, also as a process of `train --watch`.

The process outlives its training and is outlived by it. Ctrl-C ends the training only; the page's
process ends by itself once the training is gone and no page has been open for a minute.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Annotated, Any

import typer

from spritenet.cli.serving import Host, NoBrowser, Port, serve

__all__ = ["start_page", "watch"]

PORT = 8030

IDLE_SECONDS = 60.0
"""Seconds for which the page is served after its training's end while no browser shows it."""

ADDRESS = "http"
"""First characters of the line with the page's address."""


def watch(
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="RUN", help="Folder of a run or a sweep.", show_default="the latest in runs/"
        ),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = PORT,
    no_browser: NoBrowser = False,
    training: Annotated[int, typer.Option(hidden=True, help="Process id of the training.")] = 0,
) -> None:
    """Open the live page of a run or a sweep, during training and afterwards."""
    from spritenet.errors import RunError
    from spritenet.runs import Run
    from spritenet.runs.run_directory import RunDirectory

    chosen = RunDirectory(Path("runs")).latest() if run is None else Run(run)
    there = chosen.exists or chosen.journal_path.exists() or _is_sweep(chosen.folder)
    if not there and not training:
        raise RunError(
            "no such run", where=chosen.folder, do="spritenet runs lists those in runs/."
        )
    from spritenet.web import serving
    from spritenet.web.table import static_files

    pages = _OpenPages()
    home, routes = _page(chosen.folder, pages)
    files = static_files("watch", "sweep")
    if training:
        threading.Thread(target=_exit_after, args=(training, pages), daemon=True).start()
        serving.serve(
            files,
            routes,
            home=home,
            host=host,
            port=port,
            browser=not no_browser,
            ready=lambda site: _report(site.address),
            knocked=lambda site: _report(f"another browser may open {site.address}"),
        )
        return
    print(chosen.folder)
    serve(files, routes, home=home, host=host, port=port, no_browser=no_browser)


def _is_sweep(folder: Path) -> bool:
    """Returns True for the folder of a sweep."""
    return (folder / "sweep.json").exists()


def _page(folder: Path, pages: _OpenPages) -> tuple[str, list[Any]]:
    """Returns the address of the page of a run or a sweep, and its routes."""
    if _is_sweep(folder):
        from spritenet.web.sweep import sweeping

        return "/sweep/", [*sweeping(folder, pages.count)]
    from spritenet.runs import Run
    from spritenet.web.watch import watching

    return "/watch/", [*watching(Run(folder), pages.count)]


def start_page(folder: Path, *, no_browser: bool, quiet: bool) -> None:
    """Starts a process with the live page of a run or sweep, and prints its address.

    Args:
        folder: of the run.
        no_browser: if True, doesn't open a browser.
        quiet: print on standard error, since standard output is for a program.
    """
    words = [sys.executable, "-m", "spritenet", "watch", str(folder), "--port", "0"]
    words += ["--training", str(os.getpid()), *(["--no-browser"] if no_browser else [])]
    child = subprocess.Popen(  # noqa: S603 - this very program
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        creationflags=0x200 if sys.platform == "win32" else 0,  # Ctrl-C is for the training,
        start_new_session=True,  # here as there
    )
    out = sys.stderr if quiet else sys.stdout
    lines = child.stdout or io.StringIO()
    for line in lines:
        if line.startswith(ADDRESS):
            print(f"watch it at {line}", end="", file=out, flush=True)
            break
    else:
        print("The live page could not be started. Training continues.", file=out, flush=True)
    threading.Thread(target=_pass_on, args=(lines, out), daemon=True).start()


def _pass_on(lines: IO[str], out: IO[str]) -> None:
    """Prints later lines of the page's process."""
    for line in lines:
        print(line, end="", file=out, flush=True)


def _report(line: str) -> None:
    """Prints a line for the training's process to pass on, if it still runs."""
    with suppress(OSError):
        print(line, flush=True)


class _OpenPages:
    """The number of browsers that show the page."""

    def __init__(self) -> None:
        self.open = 0
        self.since = monotonic()

    def count(self, change: int) -> None:
        """Counts one more (1) or one less (-1)."""
        self.open += change
        self.since = monotonic()


def _exit_after(process: int, pages: _OpenPages) -> None:
    """Ends this process once another one has ended and no page was open for a while."""
    while os.getppid() == process or pages.open or monotonic() - pages.since < IDLE_SECONDS:
        sleep(1.0)
    os._exit(0)
