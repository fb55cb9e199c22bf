"""Process pools that write the sprites of a large data set.

The bytes of a sprite depend on nothing but its images and options, so any process may write it at
any time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.sprites.shard import PackedShard, PackOptions, write_shard

__all__ = ["Backend", "ShardRange", "ShardWriter", "process_backend"]

ShardRange = tuple[int, int, Path]
"""A sprite's first image, the one behind its last, and its file."""


@dataclass(frozen=True, slots=True, eq=False)
class ShardWriter:
    """A picklable function that writes any sprite of a data set.

    Args:
        data: the whole data set; all processes must see the same files.
        options: of packing.
        folder: the base of relative paths.
    """

    data: LazyDataset
    options: PackOptions
    folder: Path

    def __call__(self, sprite: ShardRange) -> PackedShard:
        """Writes one sprite, on one thread."""
        first, stop, path = sprite
        os.chdir(self.folder)
        return write_shard(self.data, self.options, first, stop, path, workers=1)


Backend = Callable[[ShardWriter, Sequence[ShardRange]], Iterator[tuple[int, PackedShard]]]
"""Runs a writer for each range, and yields the ranges' numbers and results as they are done."""


def process_backend(count: int) -> Backend:
    """Returns a backend of processes on this machine.

    They are spawned, since a process with threads can't be forked: a script that packs like this
    needs its `if __name__ == "__main__":`.

    Args:
        count: number of processes.
    """

    def backend(
        writer: ShardWriter, ranges: Sequence[ShardRange]
    ) -> Iterator[tuple[int, PackedShard]]:
        workers = min(count, len(ranges))
        with ProcessPoolExecutor(workers, get_context("spawn"), _set_writer, (writer,)) as pool:
            futures = {pool.submit(_write, sprite): i for i, sprite in enumerate(ranges)}
            try:
                for future in as_completed(futures):
                    yield futures[future], future.result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    return backend


_WRITERS: list[ShardWriter] = []


def _set_writer(writer: ShardWriter) -> None:
    """Sets the writer of this process, so that it is not sent with each range."""
    _WRITERS.append(writer)


def _write(sprite: ShardRange) -> PackedShard:
    """Writes a range with the writer of this process."""
    return _WRITERS[0](sprite)
