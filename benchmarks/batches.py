"""Shuffled batches of 64 from memory: images a second, against PyTorch's DataLoader."""

from __future__ import annotations

import sys

from figures import Row, arguments, mnist_folder, report
from turns import Side, interpreter, take_turns


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each turn")
    options = parser.parse_args()

    work = [mnist_folder(), options.batch_size]
    sides = [Side("batches_spritenet.py", work, python=sys.executable, env={})]
    if (python := interpreter("torch")) is not None:
        sides += [
            Side("batches_torch.py", [*work, way], python=python, env={})
            for way in ("tensor", "DataLoader")
        ]
    names = [side.name for side in sides]
    speeds = take_turns(sides, rounds=options.rounds, seconds=options.seconds)
    rows = [
        Row(name, tuple(speed * options.batch_size for speed in measured), "images/s")
        for name, measured in zip(names, speeds, strict=True)
    ]
    report(f"shuffled batches of {options.batch_size} from memory", rows, as_json=options.json)


if __name__ == "__main__":
    main()
