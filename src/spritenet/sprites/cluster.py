"""Ray clusters that write the sprites of a large data set, each as a task of one processor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import ModuleType

from spritenet.errors import DataError, SpritenetError
from spritenet.ray_cluster import connect
from spritenet.sprites.process_pool import ShardRange, ShardWriter
from spritenet.sprites.shard import PackedShard

__all__ = ["ray_backend"]


def ray_backend(
    writer: ShardWriter, ranges: Sequence[ShardRange]
) -> Iterator[tuple[int, PackedShard]]:
    """Writes sprites on a Ray cluster, each as a task of one processor; a `Backend`.

    The cluster is the one this process is connected to already; else the one that `RAY_ADDRESS`
    names or that runs on this machine; else one of this machine alone, for as long as it takes.
    All machines must see the same files under the same paths.

    Raises:
        MissingExtraError: Ray is not installed.
        InputError: no cluster answers.
        DataError: a task raised it; or a sprite written on another machine is missing here.
    """
    ray, ours = connect("packing on a Ray cluster")
    try:
        yield from _tasks(ray, writer, ranges)
    finally:
        if ours:
            ray.shutdown()


def _tasks(
    ray: ModuleType, writer: ShardWriter, ranges: Sequence[ShardRange]
) -> Iterator[tuple[int, PackedShard]]:
    """Yields the results of one task a range."""
    shared = ray.put(writer)
    task = ray.remote(num_cpus=1, max_retries=3)(_write)
    numbers = {task.remote(shared, sprite): i for i, sprite in enumerate(ranges)}
    left = list(numbers)
    try:
        while left:
            (done,), left = ray.wait(left, num_returns=1)
            number = numbers[done]
            packed = _result(ray, done)
            path = ranges[number][2]
            if packed.digest is not None and not path.exists():
                raise DataError(
                    "the sprite was written on another machine",
                    where=path,
                    do="Pack into a folder that all machines of the cluster see.",
                )
            yield number, packed
    finally:
        for task_left in left:
            ray.cancel(task_left)
        if left:
            ray.wait(left, num_returns=len(left))  # nobody writes any more


def _write(writer: ShardWriter, sprite: ShardRange) -> PackedShard:
    """Writes a range; the function of a task."""
    return writer(sprite)


def _result(ray: ModuleType, task: object) -> PackedShard:
    """Returns the result of a task, or raises its error; ours as they are."""
    try:
        packed: PackedShard = ray.get(task)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, SpritenetError):
            raise error.cause from None
        raise
    return packed
