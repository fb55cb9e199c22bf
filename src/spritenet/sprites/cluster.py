"""The sprites of a large data set, written by the machines of a Ray cluster. Ray's one door.

https://docs.ray.io
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import ModuleType

from spritenet.errors import DataError, MissingExtraError, SpritenetError
from spritenet.sprites.process_pool import Job, Range
from spritenet.sprites.shard import Packed

__all__ = ["over_ray"]


def over_ray(job: Job, ranges: Sequence[Range]) -> Iterator[tuple[int, Packed]]:
    """A `Spread`: each sprite is a task of one processor.

    The cluster is the one this process is connected to already; else the one that `RAY_ADDRESS`
    names or that runs on this machine; else one of this machine alone, for as long as it takes.
    All machines must see the same files under the same paths.

    Raises:
        MissingExtraError: Ray is not installed.
        DataError: what a task raised; or a sprite that was written elsewhere is not here.
    """
    try:
        import ray
    except ImportError:
        raise MissingExtraError("packing on a Ray cluster", "ray") from None

    ours = not ray.is_initialized()
    if ours:
        ray.init(log_to_driver=False, logging_level="ERROR", configure_logging=False)
    try:
        yield from _tasks(ray, job, ranges)
    finally:
        if ours:
            ray.shutdown()


def _tasks(ray: ModuleType, job: Job, ranges: Sequence[Range]) -> Iterator[tuple[int, Packed]]:
    """One task a range."""
    shared = ray.put(job)
    task = ray.remote(num_cpus=1, max_retries=3)(_do)
    numbers = {task.remote(shared, sprite): i for i, sprite in enumerate(ranges)}
    left = list(numbers)
    try:
        while left:
            (done,), left = ray.wait(left, num_returns=1)
            number = numbers[done]
            packed = _result(ray, done)
            path = ranges[number][2]
            if packed.written is not None and not path.exists():
                raise DataError(
                    "this sprite was written, but not here",
                    where=path,
                    do="Pack into a folder that all machines of the cluster see.",
                )
            yield number, packed
    finally:
        for task_left in left:
            ray.cancel(task_left)
        if left:
            ray.wait(left, num_returns=len(left))  # nobody writes any more


def _do(job: Job, sprite: Range) -> Packed:
    """The task."""
    return job(sprite)


def _result(ray: ModuleType, task: object) -> Packed:
    """What a task gave, or raised: an error of ours as it is."""
    try:
        packed: Packed = ray.get(task)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, SpritenetError):
            raise error.cause from None
        raise
    return packed
