"""Seconds that importing takes in a fresh process, beyond what Python itself needs to start."""

from __future__ import annotations

import subprocess
import sys

from figures import Row, arguments, report
from turns import interpreter

SCRIPT = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
# The names of a package may be fetched when they are first used: so, use what a script needs.
OURS = "from spritenet import Conv2D, Sequential, load"


def seconds(python: str, statement: str) -> float:
    """Returns the time of the statement."""
    command = [python, "-c", SCRIPT.format(statement)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stderr}\nIt failed: {statement}")
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()

    pythons = dict.fromkeys((OURS, "import spritenet", "import numpy"), sys.executable)
    for library in ("torch", "keras"):
        if (python := interpreter(library)) is not None:
            pythons[f"import {library}"] = python
    for statement, python in pythons.items():
        seconds(python, statement)  # bytecode and the system's file cache
    measured: dict[str, list[float]] = {statement: [] for statement in pythons}
    for _ in range(options.rounds):
        for statement, python in pythons.items():
            measured[statement].append(seconds(python, statement))
    rows = [Row(statement, tuple(runs), "s") for statement, runs in measured.items()]
    report("importing, in a fresh process", rows, better="less", as_json=options.json)


if __name__ == "__main__":
    main()
