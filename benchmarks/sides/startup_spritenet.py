"""Spritenet's side of startup.py as a script: read, train 100 steps of 64, test on all."""

from __future__ import annotations

import sys

import spritenet as sn
from spritenet import networks


def main() -> None:
    """Arguments: MNIST's folder, steps, batch size."""
    folder, steps, batch_size = sys.argv[1:4]
    data = sn.load(folder)
    model = networks.get("tutorial", data.train)
    model.fit(data.train, steps=int(steps), batch_size=int(batch_size), seed=0, verbose=0)
    _, accuracy = model.evaluate(data.test)
    print("Spritenet, a script")
    print(accuracy, flush=True)


if __name__ == "__main__":
    main()
