"""Seconds that `import` takes in a fresh process, beyond what Python itself needs to start."""

from __future__ import annotations

import subprocess
import sys

from figures import Row, arguments, report
from turns import interpreter

SCRIPT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def seconds(python: str, library: str) -> float:
    """How long the import statement takes."""
    command = [python, "-c", SCRIPT.format(library)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()

    pythons = {"spritenet": sys.executable, "numpy": sys.executable}
    for library in ("torch", "keras"):
        if (python := interpreter(library)) is not None:
            pythons[library] = python
    for library, python in pythons.items():
        seconds(python, library)  # bytecode and the system's file cache
    measured: dict[str, list[float]] = {library: [] for library in pythons}
    for _ in range(options.rounds):
        for library, python in pythons.items():
            measured[library].append(seconds(python, library))
    rows = [Row(f"import {library}", tuple(runs), "s") for library, runs in measured.items()]
    report("importing, in a fresh process", rows, better="less", as_json=options.json)


if __name__ == "__main__":
    main()
