"""All measurements of the README and of benchmarks/README.md, one benchmark after the other."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent

# The load that figures.py warns of is a mean over a minute: the last benchmark's must fade.
PAUSE_SECONDS = 60

COMMANDS = (
    "training.py",
    "training.py --isa x86-64-v3",
    "training.py --network mnist-node --batch-size 128",
    "networks.py",
    "neighbours.py",
    "peak.py",
    "startup.py",
    "accuracy.py",
    "models.py",
    "models.py fast --seeds 20",
    "models.py accurate --epochs 70",
    "colour.py",
    "accuracy.py --train-on strokes",
    "accuracy.py --network mnist-node --epochs 10 --batch-size 128 --rate 0.001 --seeds 1",
    "transfer.py",
    "sweep.py",
    "batches.py",
    "sprites.py",
    "streams.py",
    "packing.py",
    "reporting.py",
    "journal.py",
    "watching.py",
    "memory.py",
    "importing.py",
    "predict_one.py",
    "browser.py",
    "hidden_tab.py",
    "collect.py",
    "exported_page.py",
    "drawing.py",
    "teaching.py",
    "c.py",
    "round_trips.py",
    "installed_size.py",
)


def main() -> None:
    """Runs them with this interpreter; options given here (`--json`) go to each."""
    failed = []
    for command in COMMANDS:
        script, *options = command.split()
        time.sleep(PAUSE_SECONDS)
        run = [sys.executable, str(FOLDER / script), *options, *sys.argv[1:]]
        if subprocess.run(run, check=False).returncode:
            failed.append(command)
    if failed:
        sys.exit("These failed: " + "; ".join(failed))


if __name__ == "__main__":
    main()
