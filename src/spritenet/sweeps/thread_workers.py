"""Trainings side by side in the threads of this process.

The core works without Python's lock, so that single-threaded networks fill as many cores as there
are threads, and nothing is copied or sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from threading import Event as Flag
from threading import Lock, Thread

from spritenet.errors import CoreError, SpritenetError
from spritenet.training.events import Event, StepEvent

__all__ = ["Message", "Training", "in_threads"]

Training = Callable[[], Iterator[Event]]
"""Begins a training and returns its events; pulling them trains."""

Message = tuple[int, Event | SpritenetError | None]
"""The number of a training, and its event, or the error that ended it, or None after its end."""


def in_threads(
    trainings: Sequence[Training], workers: int, ended: Callable[[], None] | None = None
) -> Iterator[Message]:
    """Trains all, `workers` of them at a time, and yields what happens as it happens.

    Closing the iterator ends the trainings that run, within some steps. Events of single steps are
    left out.

    Args:
        trainings: each is called once, in the thread that trains it.
        workers: the number of threads.
        ended: called in its thread after each training, also if it failed; None for nothing.
    """
    messages: SimpleQueue[Message | Exception] = SimpleQueue()
    numbers, lock, stop = iter(range(len(trainings))), Lock(), Flag()

    def work() -> None:
        while not stop.is_set():
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                for message in _messages(trainings[number], number, stop, ended):
                    messages.put(message)
            except Exception as error:  # noqa: BLE001 - raised again below, by the caller's thread
                messages.put(error)
            messages.put((number, None))

    threads = [Thread(target=work, daemon=True) for _ in range(min(workers, len(trainings)))]
    for thread in threads:
        thread.start()
    left = len(trainings)
    try:
        while left:
            message = messages.get()
            if isinstance(message, Exception):
                raise CoreError(
                    f"a training failed with {type(message).__name__}: {message}"
                ) from (message)
            left -= message[1] is None
            yield message
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _messages(
    training: Training, number: int, stop: Flag, ended: Callable[[], None] | None
) -> Iterator[Message]:
    """Yields the events of a training until it ends or `stop` is set."""
    try:
        for event in training():
            if stop.is_set():
                return
            if not isinstance(event, StepEvent):
                yield number, event
    except SpritenetError as error:
        yield number, error
    finally:
        if ended is not None:
            ended()
