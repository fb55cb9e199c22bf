"""Simulation: a training step on 1 to 1,024 machines, from measured or given times.

A step costs the time of its images on one machine, divided among the machines, and the sum of the
gradient: around a ring, each machine sends its gradient nearly twice in 2 (n - 1) messages; up and
down a tree, twice in each of log2(n) rounds. The faster of both is taken, as NCCL does.

    python benchmarks/scaling.py --step-ms 0.6 --parameters 5994
"""

from __future__ import annotations

import math

from figures import Row, arguments, report

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


def main() -> None:
    """Simulates and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--step-ms", type=float, default=0.6, help="a step on one machine")
    parser.add_argument("--fixed-ms", type=float, default=0.02, help="what can't be shared of it")
    parser.add_argument("--parameters", type=int, default=5994)
    parser.add_argument("--latency-us", type=float, default=30.0, help="of a message")
    parser.add_argument("--gigabits", type=float, default=10.0, help="of the network, a second")
    options = parser.parse_args()
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
