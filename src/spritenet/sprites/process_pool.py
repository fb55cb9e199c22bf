"""The sprites of a large data set, written by several processes: of this machine or of a cluster.

Each sprite is a job of its own whose bytes depend on nothing else, so it doesn't matter who does it
and when it is done.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.sprites.shard import Packed, Plan, write_shard

__all__ = ["Job", "Range", "Spread", "over_processes"]

Range = tuple[int, int, Path]
"""Of a sprite: its first image in the listing, the one behind its last, and its file."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Writes any of the sprites of a data set, in any process that sees the same files.

    Args:
        listing: of all images.
        plan: how to pack.
        folder: in which relative paths are meant.
    """

    listing: LazyDataset
    plan: Plan
    folder: Path

    def __call__(self, sprite: Range) -> Packed:
        """Write one of them, on one thread."""
        first, stop, path = sprite
        os.chdir(self.folder)
        return write_shard(self.listing, self.plan, first, stop, path, workers=1)


Spread = Callable[[Job, Sequence[Range]], Iterator[tuple[int, Packed]]]
"""Does a job for each range; the ranges' numbers with what came of them, as they are done."""


def over_processes(count: int) -> Spread:
    """Processes of this machine.

    They are started afresh (`spawn`), since a process with threads can't be copied: a script that
    packs like this needs its `if __name__ == "__main__":`.

    Args:
        count: how many work at a time.
    """

    def spread(job: Job, ranges: Sequence[Range]) -> Iterator[tuple[int, Packed]]:
        workers = min(count, len(ranges))
        with ProcessPoolExecutor(workers, get_context("spawn"), _keep, (job,)) as pool:
            futures = {pool.submit(_do, sprite): i for i, sprite in enumerate(ranges)}
            try:
                for future in as_completed(futures):
                    yield futures[future], future.result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    return spread


_KEPT: list[Job] = []


def _keep(job: Job) -> None:
    """The job reaches each process once, not with each range."""
    _KEPT.append(job)


def _do(sprite: Range) -> Packed:
    """One range, in a process that has the job."""
    return _KEPT[0](sprite)
