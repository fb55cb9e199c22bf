"""Milliseconds to predict one image in Python, tutorial network, against PyTorch."""

from __future__ import annotations

import sys

from figures import Row, arguments, mnist_folder, report
from turns import Side, interpreter, take_turns


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each turn")
    options = parser.parse_args()

    sides = [Side("predict_one_spritenet.py", [mnist_folder()], python=sys.executable, env={})]
    if (python := interpreter("torch")) is not None:
        sides.append(Side("predict_one_torch.py", [mnist_folder()], python=python, env={}))
    names = [side.name for side in sides]
    speeds = take_turns(sides, rounds=options.rounds, seconds=options.seconds)
    rows = [
        Row(name, tuple(1000 / speed for speed in measured), "ms")
        for name, measured in zip(names, speeds, strict=True)
    ]
    report("predicting one image, one after the other", rows, better="less", as_json=options.json)


if __name__ == "__main__":
    main()
