"""Simulation: a training step on 1 to 1,024 machines, from measured or given times.

A step costs the time of its images on one machine, divided among the machines, and the sum of the
gradient: around a ring, each machine sends its gradient nearly twice in 2 (n - 1) messages; up and
down a tree, twice in each of log2(n) rounds. The faster of both is taken, as NCCL does.

    python benchmarks/scaling.py --step-ms 0.6 --parameters 5994
    python benchmarks/scaling.py --ranks 2     # measured instead: processes here, over gloo
"""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import time
from argparse import Namespace
from typing import Any

from figures import Row, arguments, leave, report

MACHINES = tuple(2**k for k in range(11))
BYTES = 4
"""Of a gradient's number."""


def step_seconds(
    machines: int, *, step: float, fixed: float, size: int, latency: float, bandwidth: float
) -> float:
    """Returns the seconds of a step.

    Args:
        machines: that share a batch.
        step: seconds of the whole batch on one machine.
        fixed: the part of it that any number of images takes, such as the optimizer.
        size: bytes of the gradient.
        latency: seconds of a message.
        bandwidth: bytes a second.
    """
    work = fixed + (step - fixed) / machines
    if machines == 1:
        return work
    ring = 2 * (machines - 1) * (latency + size / machines / bandwidth)
    tree = 2 * math.ceil(math.log2(machines)) * (latency + size / bandwidth)
    return work + min(ring, tree)


def train(steps: int, batch: int) -> None:
    """Trains `tutorial` by PyTorch on the CPU, and prints its seconds and its weights."""
    import numpy as np

    import spritenet as sn

    random = np.random.default_rng(0)
    images = random.integers(0, 256, (10_000, 28, 28, 1), dtype=np.uint8)
    labels = random.integers(0, 10, len(images), dtype=np.int32)
    model = sn.networks.tutorial(sn.Split(images, labels, tuple("0123456789"), "train"))
    model.device, model.threads = "torch-cpu", 1
    model.compile(sn.SGD(0.01), "sparse_categorical_crossentropy", ["accuracy"])
    how: dict[str, Any] = {"batch_size": batch, "calibrate_on": False, "verbose": 0}
    model.fit(images, labels, steps=2, **how)
    start = time.perf_counter()
    model.fit(images, labels, steps=steps, **how)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "weights": model.parameters.tolist()}))


def measured(ranks: int, steps: int, batch: int) -> dict[str, Any]:
    """Returns what rank 0 of so many processes prints."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, __file__, "--train", str(steps), str(batch)]
    running = []
    for rank in range(ranks):
        own = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": ranks, "MASTER_PORT": port}
        more = {"MASTER_ADDR": "127.0.0.1", "OMP_NUM_THREADS": "1"}
        environment = {**os.environ, **more, **{name: str(value) for name, value in own.items()}}
        running.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        )
    outputs = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        leave("a rank failed")
    made: dict[str, Any] = json.loads(outputs[0].splitlines()[-1])
    return made


def compare(options: Namespace) -> None:
    """Reports the time of several ranks against one, and how far their weights are apart."""
    sides = {n: measured(n, options.steps, options.batch) for n in (options.ranks, 1)}
    apart = max(
        abs(a - b)
        for a, b in zip(sides[options.ranks]["weights"], sides[1]["weights"], strict=True)
    )
    rows = [
        Row(f"ranks: {n}", (1e3 * side["seconds"] / options.steps,), "ms/step")
        for n, side in sides.items()
    ]
    rows.append(Row("weights", (apart,), "apart"))
    title = f"tutorial, {options.steps} steps of {options.batch} by PyTorch, ranks over gloo"
    report(title, rows, better="less", as_json=options.json)


def main() -> None:
    """Simulates or measures, and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--ranks", type=int, help="measure with so many processes on this machine")
    parser.add_argument("--steps", type=int, default=100, help="of a measurement")
    parser.add_argument("--batch", type=int, default=256, help="images of a measured step")
    parser.add_argument("--train", type=int, nargs=2, help="what a rank does")
    parser.add_argument("--step-ms", type=float, default=0.6, help="a step on one machine")
    parser.add_argument("--fixed-ms", type=float, default=0.02, help="what can't be shared of it")
    parser.add_argument("--parameters", type=int, default=5994)
    parser.add_argument("--latency-us", type=float, default=30.0, help="of a message")
    parser.add_argument("--gigabits", type=float, default=10.0, help="of the network, a second")
    options = parser.parse_args()
    if options.train:
        train(*options.train)
        return
    if options.ranks:
        compare(options)
        return
    given = {
        "step": options.step_ms / 1e3,
        "fixed": options.fixed_ms / 1e3,
        "size": options.parameters * BYTES,
        "latency": options.latency_us / 1e6,
        "bandwidth": options.gigabits * 1e9 / 8,
    }
    alone = step_seconds(1, **given)
    rows = [
        Row(f"{n} machines", (alone / step_seconds(n, **given),), "times as fast") for n in MACHINES
    ]
    how = f"{options.parameters:,} parameters, {options.step_ms:g} ms a step, "
    how += f"{options.latency_us:g} us, {options.gigabits:g} Gbit/s"
    report(f"one training on many machines, simulated: {how}", rows, as_json=options.json)


if __name__ == "__main__":
    main()
