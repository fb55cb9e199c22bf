"""WebDataset's side of streams.py: tar files of PNGs, shards shuffled, then a buffer."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import webdataset

from serving import serve

BUFFER = 5000
"""Images in the shuffle buffer; its documentation's examples have 1,000 to 5,000."""


def main() -> None:
    """Arguments: the folder of tar files, the batch size, worker processes."""
    folder, batch_size, workers = sys.argv[1:4]
    warnings.simplefilter("ignore")
    shards = sorted(str(path) for path in Path(folder).glob("*.tar"))
    images = (
        webdataset.WebDataset(shards, shardshuffle=len(shards))
        .shuffle(BUFFER)
        .decode("l8")
        .to_tuple("png", "cls")
        .batched(int(batch_size), partial=False)
    )
    loader = webdataset.WebLoader(images, batch_size=None, num_workers=int(workers))

    def endless() -> Iterator[object]:
        for _ in count():
            yield from loader

    batches = endless()

    def take(number: int) -> None:
        for _ in islice(batches, number):
            pass

    serve(f"WebDataset {webdataset.__version__}, {workers} workers", take)


if __name__ == "__main__":
    main()
