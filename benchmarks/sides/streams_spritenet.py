"""Spritenet's side of streams.py: `StreamSplit.batches`, epoch after epoch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count, islice

import spritenet as sn
from serving import serve


def main() -> None:
    """Arguments: a sprite or a folder of them, the batch size, what images may take, a name."""
    path, batch_size, memory, name = sys.argv[1:5]
    train = sn.open(path, memory=memory).train

    def endless() -> Iterator[object]:
        for epoch in count():
            yield from train.batches(int(batch_size), seed=0, epoch=epoch, drop_last=True)

    batches = endless()

    def take(number: int) -> None:
        for _ in islice(batches, number):
            pass

    serve(f"Spritenet, {name}", take)


if __name__ == "__main__":
    main()
