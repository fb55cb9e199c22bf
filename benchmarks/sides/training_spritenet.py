"""Spritenet's side of training.py: `Model.fit`, as anyone would call it."""

from __future__ import annotations

import sys

import spritenet as sn
from serving import serve
from spritenet import networks
from spritenet.engines import native


def main() -> None:
    """Arguments: MNIST's folder, the network, the batch size; threads come by SPRITENET_THREADS."""
    folder, network, batch_size, _threads = sys.argv[1:5]
    train = sn.load(folder).train
    model = networks.get(network, train)

    def steps(count: int) -> None:
        model.fit(train, steps=count, batch_size=int(batch_size), seed=0, verbose=0)

    serve(f"Spritenet {native.instruction_set()}", steps)


if __name__ == "__main__":
    main()
