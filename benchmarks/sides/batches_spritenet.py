"""Spritenet's side of batches.py: `Split.batches`, epoch after epoch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count, islice

import spritenet as sn
from serving import serve


def main() -> None:
    """Arguments: MNIST's folder, the batch size."""
    folder, batch_size = sys.argv[1:3]
    train = sn.load(folder).train

    def endless() -> Iterator[object]:
        for epoch in count():
            yield from train.batches(int(batch_size), seed=0, epoch=epoch, drop_last=True)

    batches = endless()

    def take(number: int) -> None:
        for _ in islice(batches, number):
            pass

    serve("Spritenet", take)


if __name__ == "__main__":
    main()
