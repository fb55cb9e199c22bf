"""Images trained per second on MNIST, against PyTorch, turn by turn."""

from __future__ import annotations

import sys

from figures import Row, arguments, cores, mnist_folder, report
from turns import Side, interpreter, take_turns


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--network", choices=["tutorial", "mnist-node"], default="tutorial")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--isa", default="", help="force an instruction set: x86-64-v3")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each turn")
    options = parser.parse_args()

    work = [mnist_folder(), options.network, options.batch_size, options.threads]
    environment = {"SPRITENET_THREADS": str(options.threads)}
    if options.isa:
        environment["SPRITENET_ISA"] = options.isa
    sides = [Side("training_spritenet.py", work, python=sys.executable, env=environment)]
    if (python := interpreter("torch")) is not None:
        sides.append(Side("training_torch.py", work, python=python, env={}))

    names = [side.name for side in sides]
    speeds = take_turns(sides, rounds=options.rounds, seconds=options.seconds)
    rows = [
        Row(name, tuple(speed * options.batch_size for speed in measured), "images/s")
        for name, measured in zip(names, speeds, strict=True)
    ]
    how = f"batches of {options.batch_size}, {options.threads} threads"
    report(f"training {options.network}, {how}", rows, as_json=options.json)


if __name__ == "__main__":
    main()
