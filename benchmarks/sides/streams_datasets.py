"""Hugging Face datasets' side of streams.py: a parquet file on disk, shuffled each epoch."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from itertools import count, islice

import datasets

from serving import serve


def main() -> None:
    """Arguments: the parquet file, the batch size, "png" (an image column) or "pixels"."""
    file, batch_size, form = sys.argv[1:4]
    datasets.disable_progress_bars()
    cache = tempfile.mkdtemp(prefix="datasets-")
    images = datasets.load_dataset("parquet", data_files=file, split="train", cache_dir=cache)
    images = images.with_format("numpy")

    def endless() -> Iterator[object]:
        for epoch in count():
            shuffled = images.shuffle(seed=epoch, keep_in_memory=True)
            yield from shuffled.iter(batch_size=int(batch_size), drop_last_batch=True)

    batches = endless()

    def take(number: int) -> None:
        for _ in islice(batches, number):
            pass

    serve(f"datasets {datasets.__version__}, {form}", take)


if __name__ == "__main__":
    main()
