"""The tutorial from process start to trained and tested: seconds and memory, and the peers'.

MNIST comes from its gzipped IDX files; 100 steps of 64; then all 10,000 test images. `spritenet
train` tells the result, calibrates the network, and saves it; the scripts end with the result.
Modules are compiled to bytecode, as after an installation by pip.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from figures import Row, arguments, mnist_folder, report
from turns import SIDES, interpreter

STEPS, BATCH_SIZE = 100, 64

ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
"""Without the variable that has each process compile all modules again."""


@dataclass(frozen=True, slots=True)
class Run:
    """A program's run.

    Args:
        tested: seconds from its start to the line with the test result, or to the last line.
        ended: seconds from its start to its end.
        memory: its largest resident memory in MiB.
        lines: the lines that it printed.
    """

    tested: float
    ended: float
    memory: float
    lines: list[str]


def once(command: list[str]) -> Run:
    """Runs a program."""
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
        lines = [(line.rstrip(), time.perf_counter() - start) for line in process.stdout]
        _, status, usage = os.wait4(process.pid, 0)
        ended = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            complaints.seek(0)
            sys.exit(f"{complaints.read().decode()}\nIt failed: {' '.join(command)}")
    # Linux counts KiB, macOS bytes. A child begins with its parent's figure: stay small here.
    memory = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    told = [seconds for line, seconds in lines if line.startswith("tested on ")]
    last = lines[-1][1] if lines else ended
    return Run(told[0] if told else last, ended, memory, [line for line, _ in lines])


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    folder = str(mnist_folder())
    work = [folder, str(STEPS), str(BATCH_SIZE)]
    ours = [sys.executable, "-c", "from spritenet.cli import main; main()", "train", folder]
    ours += ["--model", "tutorial", "--steps", work[1], "--batch-size", work[2]]
    commands = {"spritenet train": ours}
    commands["Spritenet, a script"] = [sys.executable, str(SIDES / "startup_spritenet.py"), *work]
    for library in ("torch", "keras"):
        if (python := interpreter(library)) is not None:
            commands[library] = [python, str(SIDES / f"startup_{library}.py"), *work]

    for command in commands.values():
        once(command)  # bytecode and the system's file cache
    measured: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            measured[name].append(once(command))

    rows = []
    for name, runs in measured.items():
        side = name if name.startswith("s") else runs[0].lines[0]
        rows.append(Row(side, tuple(run.tested for run in runs), "s"))
        if name.startswith("s"):
            rows.append(Row(f"{side}, calibrated and saved", tuple(run.ended for run in runs), "s"))
        rows.append(Row(f"{side}, memory", tuple(run.memory for run in runs), "MiB"))
    title = f"process start to {STEPS} steps of {BATCH_SIZE} trained, 10,000 images tested"
    report(title, rows, better="less", as_json=options.json)


if __name__ == "__main__":
    main()
