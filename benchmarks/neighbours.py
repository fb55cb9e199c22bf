"""Training beside other busy programs: images a second, and the fraction of the idle speed.

Each round measures every side alone and beside each number of busy programs, so that a moment in
which the machine does other things meets all of them. With n busy programs on c cores, a program
of c threads is due c / (c + n) of its idle speed. `--libraries` takes another build of the core
along.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from figures import Row, arguments, cores, mnist_folder, report
from turns import Side, interpreter

BUSY = (sys.executable, "-c", "while True: pass")

SETTLE_SECONDS = 0.2
"""Until the scheduler has dealt with programs that came or went."""


@contextmanager
def neighbours(count: int) -> Iterator[None]:
    """So many programs that never wait for anything, pinned to no core."""
    running = [subprocess.Popen(BUSY) for _ in range(count)]
    time.sleep(SETTLE_SECONDS)
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def steps_within(side: Side, seconds: float) -> int:
    """Returns the number of steps that a side does alone in that time."""
    count = 8
    while (took := side.seconds(count)) < seconds / 4:
        count *= 2
    return max(1, round(count * seconds / took))


def measured(
    sides: Sequence[Side], crowds: Sequence[int], rounds: int, seconds: float
) -> dict[int, list[list[float]]]:
    """Steps a second, by the number of neighbours, of each side, in each round."""
    counts = [steps_within(side, seconds) for side in sides]
    speeds: dict[int, list[list[float]]] = {crowd: [[] for _ in sides] for crowd in crowds}
    for _ in range(rounds):
        for crowd in crowds:
            with neighbours(crowd):
                for side, count, found in zip(sides, counts, speeds[crowd], strict=True):
                    steps = max(1, count * cores() // (cores() + crowd))
                    found.append(steps / side.seconds(steps))
    return speeds


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--neighbours", type=int, nargs="+", default=[2, 4], help="2 4")
    parser.add_argument("--network", choices=["tutorial", "mnist-node"], default="tutorial")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each turn")
    parser.add_argument("--libraries", default="", help="a folder with another build of the core")
    options = parser.parse_args()

    work = [mnist_folder(), options.network, options.batch_size, cores()]
    sides = [Side("training_spritenet.py", work, python=sys.executable, env={})]
    names = [sides[0].name]
    if options.libraries:
        other = {"SPRITENET_LIBRARIES": options.libraries}
        sides.append(Side("training_spritenet.py", work, python=sys.executable, env=other))
        names.append(f"Spritenet, {options.libraries}")
    if (python := interpreter("torch")) is not None:
        sides.append(Side("training_torch.py", work, python=python, env={}))
        names.append(sides[-1].name)

    crowds = [0, *options.neighbours]
    speeds = measured(sides, crowds, options.rounds, options.seconds)
    for side in sides:
        side.close()
    how = f"{options.network}, batches of {options.batch_size}, {cores()} cores"
    for crowd in crowds:
        rows = [
            Row(name, tuple(speed * options.batch_size for speed in found), "images/s")
            for name, found in zip(names, speeds[crowd], strict=True)
        ]
        report(f"training beside {crowd} busy programs: {how}", rows, as_json=options.json)
    for crowd in options.neighbours:
        rows = [
            Row(name, tuple(a / b for a, b in zip(found, idle, strict=True)), "of idle")
            for name, found, idle in zip(names, speeds[crowd], speeds[0], strict=True)
        ]
        due = cores() / (cores() + crowd)
        report(f"beside {crowd} busy programs; {due:.2f} is due", rows, as_json=options.json)


if __name__ == "__main__":
    main()
