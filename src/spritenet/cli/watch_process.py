"""The live page of `train --watch`: a process beside the training, so that each outlives the other.

Ctrl-C ends the training only. The page's process goes by itself, once the training is gone and no
page has been open for a minute.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

__all__ = ["page"]

FIRST = "http"
"""How the line with the address begins."""


def page(folder: Path, *, no_browser: bool, quiet: bool) -> None:
    """Start the live page of a run, and say where it is.

    Args:
        folder: the run's.
        no_browser: whether to open none.
        quiet: say it on standard error, since standard output is a program's.
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
        if line.startswith(FIRST):
            print(f"watch it at {line}", end="", file=out, flush=True)
            break
    else:
        print("The live page could not be started. The training goes on.", file=out, flush=True)
    threading.Thread(target=_hand_on, args=(lines, out), daemon=True).start()


def _hand_on(lines: IO[str], out: IO[str]) -> None:
    """Print what the page's process has to say later."""
    for line in lines:
        print(line, end="", file=out, flush=True)
