"""A sweep of 100 trials of 2 epochs of MNIST against the bare trainings, Ray Tune and keras-tuner.

    python benchmarks/sweep.py
    pip install "ray[tune]" keras-tuner     # for the peers; each is left out where it is missing
    python benchmarks/sweep.py --trials 4 --images 2000 --rounds 1     # a small form

Every side trains the network `tutorial` by `fit`, with the same settings on the same images, each
training on one thread, in two processes; keras-tuner knows only one. The figure is the overhead:
time beyond that of the bare trainings, which two plain processes do in turns of their own.
Processor seconds count all processes of a side; on a busy machine only they mean anything.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

from figures import Row, arguments, leave, mnist_folder, report
from turns import SIDES

MARK = "SPRITENET_BENCHMARK"
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
BEAT_SECONDS = 0.1

WAYS = {
    "bare": "bare trainings",
    "spritenet": "spritenet sweep",
    "ray": "Ray Tune",
    "keras-tuner": "keras-tuner, one process",
}


class Clock(threading.Thread):
    """The processor time of all processes whose environment has a mark, their children included.

    Daemons of a cluster are no children of the program that starts them.
    """

    def __init__(self, mark: str) -> None:
        super().__init__(daemon=True)
        self.mark = f"{MARK}={mark}".encode()
        self.seconds: dict[int, float] = {}
        self.over = threading.Event()

    def run(self) -> None:
        """Looks at the processes until it is over."""
        while not self.over.wait(BEAT_SECONDS):
            self.look()

    def look(self) -> None:
        """Notes the time of each process so far."""
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark in (path / "environ").read_bytes():
                    fields = (path / "stat").read_text().rpartition(")")[2].split()
                    self.seconds[int(path.name)] = (int(fields[11]) + int(fields[12])) / TICKS
            except (OSError, IndexError, ValueError):
                continue


def once(way: str, words: list[str]) -> tuple[float, float] | None:
    """Runs a side: its seconds and processor seconds; None if a library is missing."""
    mark = uuid.uuid4().hex
    clock = Clock(mark)
    clock.start()
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(SIDES / "sweep_side.py"), way, *words],
        env={**os.environ, MARK: mark},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - begun
    clock.look()
    clock.over.set()
    if done.returncode == 3:
        return None
    if done.returncode:
        leave(f"{way} failed")
    found = json.loads(done.stdout.splitlines()[-1])
    if way == "bare":  # of the trainings alone, without the start of the processes
        return found["seconds"], found["processor"]
    return seconds, sum(clock.seconds.values())


def main() -> None:
    """Measures all sides in turns, and prints their overhead."""
    parser = arguments(__doc__)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--images", type=int, default=60_000, help="of the training set")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--sides", default=",".join(WAYS), help="of " + ",".join(WAYS))
    options = parser.parse_args()
    folder = mnist_folder()
    taken: dict[str, list[tuple[float, float]]] = {}
    for _ in range(options.rounds):
        for way in options.sides.split(","):
            with tempfile.TemporaryDirectory() as scratch:
                words = [str(folder), scratch, str(options.trials), str(options.epochs)]
                found = once(way, [*words, str(options.images)])
            if found is None:
                print(f"{WAYS[way]}: not installed", file=sys.stderr)
                continue
            taken.setdefault(way, []).append(found)
    rows = []
    for place, unit in ((0, "s"), (1, "cpu s")):
        rows += [Row(WAYS[w], tuple(t[place] for t in times), unit) for w, times in taken.items()]
    bare = taken.get("bare")
    for way, times in taken.items() if bare else ():
        if way == "bare" or not bare:
            continue
        for place, unit in ((0, "%"), (1, "% cpu")):
            pairs = zip(times, bare, strict=True)
            values = tuple(100 * (mine[place] / theirs[place] - 1) for mine, theirs in pairs)
            rows.append(Row(f"overhead of {WAYS[way]}", values, unit))
    title = f"{options.trials} trials of {options.epochs} epochs of {options.images:,} images"
    report(title, rows, better="less", as_json=options.json, trials=options.trials)


if __name__ == "__main__":
    main()
