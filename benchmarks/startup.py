"""The tutorial from process start to trained and tested: seconds and memory, and the peers'.

MNIST comes from its gzipped IDX files; 100 steps of 64; then all 10,000 test images. Modules are
compiled to bytecode, as after an installation by pip.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

from figures import Row, arguments, mnist_folder, report
from turns import SIDES, interpreter

STEPS, BATCH_SIZE = 100, 64

ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
"""Without the variable that has each process compile all modules again."""


def once(command: list[str]) -> tuple[float, float, list[str]]:
    """Runs a program.

    Returns:
        Seconds from its start to its end; its largest resident memory in MiB; the lines it printed.
    """
    # In a folder of its own: `spritenet train` writes its run where it is started.
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as complaints:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
        )
        assert process.stdout is not None  # noqa: S101 - it was asked for as a pipe
        lines = process.stdout.read().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            complaints.seek(0)
            sys.exit(f"{complaints.read().decode()}\nIt failed: {' '.join(command)}")
    # Linux counts KiB, macOS bytes. A child begins with its parent's figure: stay small here.
    return seconds, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10), lines


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    folder = str(mnist_folder())
    work = [folder, str(STEPS), str(BATCH_SIZE)]
    ours = [sys.executable, "-c", "from spritenet.cli import main; main()", "train", folder]
    ours += ["--model", "tutorial", "--steps", work[1], "--batch-size", work[2], "--json"]
    commands = {"spritenet train": ours}
    commands["Spritenet, a script"] = [sys.executable, str(SIDES / "startup_spritenet.py"), *work]
    for library in ("torch", "keras"):
        if (python := interpreter(library)) is not None:
            commands[library] = [python, str(SIDES / f"startup_{library}.py"), *work]

    for command in commands.values():
        once(command)  # bytecode and the system's file cache
    measured: dict[str, list[tuple[float, float, list[str]]]] = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            measured[name].append(once(command))

    rows = []
    for name, runs in measured.items():
        side = name if name.startswith("s") else runs[0][2][0]
        rows.append(Row(side, tuple(run[0] for run in runs), "s"))
        rows.append(Row(f"{side}, memory", tuple(run[1] for run in runs), "MiB"))
    title = f"process start to {STEPS} steps of {BATCH_SIZE} trained, 10,000 images tested"
    report(title, rows, better="less", as_json=options.json)


if __name__ == "__main__":
    main()
