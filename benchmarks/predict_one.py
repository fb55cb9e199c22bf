"""Milliseconds to predict one image, tutorial network, against PyTorch and onnxruntime."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import spritenet as sn
from figures import Row, arguments, mnist_folder, report
from spritenet import networks
from turns import Side, interpreter, take_turns


def export(path: Path) -> None:
    """Writes the network as an ONNX file."""
    data = sn.load(mnist_folder())
    model = networks.get("tutorial", data.train)
    model.build(data.train.images.shape[1:])
    model.save(path)


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each turn")
    options = parser.parse_args()

    sides = [Side("predict_one_spritenet.py", [mnist_folder()], python=sys.executable, env={})]
    if (python := interpreter("torch")) is not None:
        sides.append(Side("predict_one_torch.py", [mnist_folder()], python=python, env={}))
    with tempfile.TemporaryDirectory() as folder:
        if (python := interpreter("onnxruntime")) is not None:
            path = Path(folder) / "tutorial.onnx"
            export(path)
            given = [mnist_folder(), path]
            sides.append(Side("predict_one_onnx.py", given, python=python, env={}))
        names = [side.name for side in sides]
        speeds = take_turns(sides, rounds=options.rounds, seconds=options.seconds)
    rows = [
        Row(name, tuple(1000 / speed for speed in measured), "ms")
        for name, measured in zip(names, speeds, strict=True)
    ]
    report("predicting one image, one after the other", rows, better="less", as_json=options.json)


if __name__ == "__main__":
    main()
