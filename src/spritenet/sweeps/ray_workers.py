"""Workers in a Ray cluster: one warm actor a core.

https://docs.ray.io
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from spritenet.errors import InputError, RunError
from spritenet.ray_cluster import connect
from spritenet.sweeps.trial_worker import Job, Message, TrialWorker, Workload

__all__ = ["RayWorkers"]

WHERE = "--ray"


class RayWorkers:
    """Actors of a Ray cluster; one that dies is replaced.

    The cluster is the one this process is connected to already; else the one that `RAY_ADDRESS`
    names or that runs on this machine; else one of this machine alone, for as long as it takes. The
    images are sent to each machine once, and shared by its actors.

    Args:
        workload: data, networks and options.
        count: the number of actors; None for one for each processor of the cluster.

    Raises:
        MissingExtraError: Ray is not installed.
        InputError: no cluster answers, or it has fewer processors, or none.
    """

    def __init__(self, workload: Workload, count: int | None = None) -> None:
        ray: Any
        ray, self._ours = connect("a sweep on a Ray cluster")
        self._ray = ray
        processors = int(ray.cluster_resources().get("CPU", 0))
        wanted = count or processors
        if not 1 <= wanted <= processors:
            self._shut_down()
            raise InputError(
                "the cluster has too few processors", where=WHERE, expected=wanted, got=processors
            )
        self._workload = ray.put(workload)
        self._class = ray.remote(num_cpus=1)(TrialWorker)
        self._actors: dict[int, Any] = {}
        self._pending: dict[Any, int] = {}
        self._jobs: dict[int, Job] = {}
        self._ready: set[int] = set()
        for number in range(wanted):
            self._start(number)

    @property
    def free(self) -> list[int]:
        """The numbers of workers that wait for a trial."""
        return sorted(self._ready - self._jobs.keys())

    def begin(self, worker: int, job: Job) -> None:
        """Lets a free worker begin a training."""
        if job.folder is not None:  # actors have another working directory
            job = replace(job, folder=job.folder.absolute())
        self._jobs[worker] = job
        self._pending[self._actors[worker].begin.remote(job)] = worker

    def go_on(self, worker: int) -> None:
        """Lets a worker train another epoch."""
        self._pending[self._actors[worker].go_on.remote()] = worker

    def stop(self, worker: int, reason: str) -> None:
        """Lets a worker end its training."""
        self._pending[self._actors[worker].stop.remote(reason)] = worker

    def messages(self, seconds: float) -> Iterator[tuple[int, Message | None]]:
        """Yields the answers that are there, after waiting for one; None of a worker that died.

        Raises:
            RunError: a run was written on another machine, into a folder that isn't here.
        """
        done, _ = self._ray.wait(list(self._pending), num_returns=1, timeout=max(0.0, seconds))
        for answer in done:
            worker = self._pending.pop(answer)
            try:
                message: Message | None = self._ray.get(answer)
            except self._ray.exceptions.RayActorError:
                self._jobs.pop(worker, None)
                self._start(worker)
                yield worker, None
                continue
            if message is None:  # its first sign of life
                self._ready.add(worker)
                continue
            if message["kind"] == "end":
                self._check_folder(self._jobs.pop(worker), message)
            yield worker, message

    def name(self, worker: int) -> str:
        """Returns the actor's id."""
        return f"Ray, actor {self._actors[worker]._actor_id.hex()}"  # noqa: SLF001 - it has no other name

    def last_words(self, worker: int) -> str:
        """Returns nothing: Ray keeps the output of its actors."""
        del worker
        return ""

    def close(self) -> None:
        """Ends all actors, in the middle of what they do."""
        for actor in self._actors.values():
            self._ray.kill(actor)
        self._actors.clear()
        self._shut_down()

    def _start(self, number: int) -> None:
        """Starts an actor; it is ready once it says so."""
        self._ready.discard(number)
        self._actors[number] = actor = self._class.remote(self._workload)
        self._pending[actor.is_there.remote()] = number

    def _check_folder(self, job: Job, message: Message) -> None:
        """Refuses a run that isn't on this machine's disk.

        Raises:
            RunError: it isn't.
        """
        if message["state"] == "finished" and job.folder is not None and not job.folder.is_dir():
            raise RunError(
                "the run was written on another machine",
                where=job.folder,
                do="Choose a folder that all machines of the cluster see.",
            )

    def _shut_down(self) -> None:
        """Ends the connection, if it is ours."""
        if self._ours:
            self._ray.shutdown()
