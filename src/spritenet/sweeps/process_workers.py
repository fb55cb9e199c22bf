"""Workers in processes of this machine, which share the images in memory.

They are started as programs, not forked: a process with threads can't be, and a script needs no
`if __name__ == "__main__":`.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from platform import node
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Protocol

from spritenet.errors import InputError, RunError
from spritenet.sweeps import shared_pickle
from spritenet.sweeps.trial_worker import Job, Message, Workload

__all__ = ["ProcessWorkers", "Workers"]

PROGRAM = "from spritenet.sweeps.worker_process import main; main()"

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "SPRITENET_THREADS")
"""Variables by which libraries use one thread."""


class Workers(Protocol):
    """Processes that train trials, wherever they are. Each answers one call at a time."""

    @property
    def free(self) -> list[int]:
        """The numbers of workers that wait for a trial."""

    def begin(self, worker: int, job: Job) -> None:
        """Lets a free worker begin a training."""

    def go_on(self, worker: int) -> None:
        """Lets a worker train another epoch."""

    def stop(self, worker: int, reason: str) -> None:
        """Lets a worker end its training."""

    def messages(self, seconds: float) -> Iterator[tuple[int, Message | None]]:
        """Yields the answers that are there, after waiting for one; None of a worker that died."""

    def name(self, worker: int) -> str:
        """Returns the name of a worker, for people."""

    def last_words(self, worker: int) -> str:
        """Returns the last line of standard error of the worker that died; "" if unknown."""

    def close(self) -> None:
        """Ends all workers, in the middle of what they do."""


class _Process:
    """A worker's process.

    Args:
        folder: of the workload.
        number: of the worker.
        answers: where its messages go.
    """

    def __init__(
        self, folder: Path, number: int, answers: SimpleQueue[tuple[int, Message | None]]
    ) -> None:
        self.complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self.process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-c", PROGRAM, str(folder), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.complaints,
            env={**os.environ, **dict.fromkeys(ONE_THREAD, "1")},
            creationflags=0x200 if sys.platform == "win32" else 0,  # Ctrl-C is for the sweep,
            start_new_session=True,  # here as there
        )
        assert self.process.stdin is not None and self.process.stdout is not None  # noqa: S101, PT018 - pipes
        self._calls: IO[bytes] = self.process.stdin
        self.call(sys.path)
        listen = (self.process.stdout, number, answers)
        self._listener = Thread(target=_listen, args=listen, daemon=True)
        self._listener.start()

    def call(self, request: object) -> None:
        """Sends a request; one to a dead process is lost, which its listener reports."""
        with suppress(OSError):
            pickle.dump(request, self._calls)
            self._calls.flush()

    def last_words(self) -> str:
        """Returns the last line that it wrote to standard error; "" for none."""
        with suppress(OSError, ValueError):
            self.complaints.seek(0)
            lines = self.complaints.read().decode(errors="replace").strip().splitlines()
            return lines[-1] if lines else ""
        return ""

    def end(self) -> None:
        """Ends the process at once."""
        self.process.kill()
        self.process.wait()
        self._listener.join()
        for file in (self._calls, self.process.stdout, self.complaints):
            with suppress(OSError):
                file.close()  # type: ignore[union-attr]  # pipes, as they were asked for


def _listen(file: IO[bytes], number: int, answers: SimpleQueue[tuple[int, Message | None]]) -> None:
    """Passes a worker's messages on, then None when it is gone."""
    while True:
        try:
            message = pickle.load(file)  # noqa: S301 - of our own process
        except Exception:  # noqa: BLE001 - whatever a killed process leaves
            answers.put((number, None))
            return
        answers.put((number, message))


class ProcessWorkers:
    """Processes of this machine; one that dies is replaced.

    Args:
        workload: data, networks and options.
        count: the number of processes.

    Raises:
        InputError: the workload can't be sent to them.
        RunError: the processes don't start.
    """

    def __init__(self, workload: Workload, count: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="spritenet-")
        self._answers: SimpleQueue[tuple[int, Message | None]] = SimpleQueue()
        self._processes: dict[int, _Process] = {}
        self._waiting: set[int] = set()
        self._last_words: dict[int, str] = {}
        self._starts = 0
        try:
            shared_pickle.dump(workload, Path(self._folder.name))
        except (AttributeError, TypeError, pickle.PicklingError) as error:
            self._folder.cleanup()
            raise InputError(
                "the network can't be sent to other processes",
                where="sweep",
                got=error,
                do="Define its functions in a module.",
            ) from error
        for number in range(count):
            self._start(number)

    @property
    def free(self) -> list[int]:
        """The numbers of workers that wait for a trial."""
        return sorted(self._waiting)

    def begin(self, worker: int, job: Job) -> None:
        """Lets a free worker begin a training."""
        self._waiting.discard(worker)
        self._processes[worker].call(("begin", job))

    def go_on(self, worker: int) -> None:
        """Lets a worker train another epoch."""
        self._processes[worker].call(("go_on", None))

    def stop(self, worker: int, reason: str) -> None:
        """Lets a worker end its training."""
        self._processes[worker].call(("stop", reason))

    def messages(self, seconds: float) -> Iterator[tuple[int, Message | None]]:
        """Yields the answers that are there, after waiting for one; None of a worker that died.

        Raises:
            RunError: workers die before they are ready.
        """
        with suppress(Empty):
            worker, message = self._answers.get(timeout=max(0.0, seconds))
            if message is None:
                self._replace(worker)
                yield worker, None
            elif message["kind"] == "ready":
                self._starts = 0
                self._waiting.add(worker)
            else:
                if message["kind"] == "end":
                    self._waiting.add(worker)
                yield worker, message

    def name(self, worker: int) -> str:
        """Returns the machine's name and the process's id."""
        return f"{node()}, process {self._processes[worker].process.pid}"

    def last_words(self, worker: int) -> str:
        """Returns the last line of standard error of the process that died."""
        return self._last_words.get(worker, "")

    def close(self) -> None:
        """Ends all processes, in the middle of what they do."""
        for process in self._processes.values():
            process.end()
        self._processes.clear()
        self._folder.cleanup()

    def _start(self, number: int) -> None:
        """Starts a process."""
        self._processes[number] = _Process(Path(self._folder.name), number, self._answers)

    def _replace(self, number: int) -> None:
        """Starts another process in place of one that died.

        Raises:
            RunError: several in a row died before they were ready.
        """
        self._last_words[number] = words = self._processes[number].last_words()
        self._processes[number].end()
        self._waiting.discard(number)
        self._starts += 1
        if self._starts > 2 * len(self._processes) + 2:
            raise RunError("the workers' processes die as they start", where="sweep", got=words)
        self._start(number)
