"""The program `spritenet` as a user starts it: another process, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import spritenet as sn

__all__ = ["PROGRAM", "environment", "spritenet"]

PROGRAM = [sys.executable, "-c", "from spritenet.cli import main; main()"]


def environment(**variables: str) -> dict[str, str]:
    """This process's environment with some changes, and without what would change the output."""
    kept = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "FORCE_COLOR", "NO_COLOR"}}
    # The package under test, also where it is not installed and the folder is another one.
    return {**kept, "PYTHONPATH": str(Path(sn.__file__).parents[1]), **variables}


def spritenet(
    *arguments: str | Path, folder: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, its output caught."""
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
