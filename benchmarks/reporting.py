"""The report of MNIST, from process start to written file: seconds and megabytes.

A tutorial network is trained first (not measured). There is no peer that does the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import Row, arguments, mnist_folder, report

PROGRAM = [sys.executable, "-c", "from spritenet.cli import main; main()"]


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=938)
    options = parser.parse_args()

    folder = str(mnist_folder())
    with tempfile.TemporaryDirectory() as place:
        train = ["train", folder, "--steps", str(options.steps), "--out", "run", "--json"]
        subprocess.run([*PROGRAM, *train], cwd=place, check=True, capture_output=True)
        seconds = []
        for number in range(options.rounds + 1):
            start = time.perf_counter()
            done = subprocess.run(
                [*PROGRAM, "report", "run", folder, "--json"],
                cwd=place,
                check=True,
                capture_output=True,
                text=True,
            )
            if number:  # the first one warms the disk's cache
                seconds.append(time.perf_counter() - start)
        size = Path(place, "run", "report.html").stat().st_size
        found = json.loads(done.stdout.splitlines()[-1])
    rows = [
        Row("spritenet report (at most 3 s)", tuple(seconds), "s"),
        Row("its size (at most 3 MB)", (size / 1e6,), "MB"),
        Row("near-duplicates it found", (float(found["near_duplicates"]),), "images"),
    ]
    title = "the report of MNIST, process start to written"
    report(title, rows, better="less", as_json=options.json)


if __name__ == "__main__":
    main()
