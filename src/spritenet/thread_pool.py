"""A thread pool: the same function for many indices; results don't depend on the threads.

Compressing, inflating, hashing and undoing filters all release the GIL.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from spritenet.core.pool import HAS_THREADS

__all__ = ["parallel_for"]


def parallel_for(work: Callable[[int], None], count: int, workers: int) -> None:
    """Calls `work(0)` to `work(count - 1)`, each once, on this thread and `workers - 1` others.

    After a failure no new call is begun, and the error of the lowest index that failed is raised.
    """
    if min(workers, count) <= 1 or not HAS_THREADS:
        for place in range(count):
            work(place)
        return
    lock = threading.Lock()
    places = iter(range(count))
    failures: dict[int, Exception] = {}
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            with lock:
                place = next(places, None)
            if place is None:
                return
            try:
                work(place)
            except Exception as error:  # noqa: BLE001 - raised again below, by the caller's thread
                failures[place] = error
                stop.set()

    _run_together(run, min(workers, count), stop)
    if failures:
        raise failures[min(failures)]


def _run_together(run: Callable[[], None], workers: int, stop: threading.Event) -> None:
    """Calls `run` on this thread and on others, and waits for all of them."""
    threads = [threading.Thread(target=run) for _ in range(workers - 1)]
    for thread in threads:
        thread.start()
    try:
        run()
        for thread in threads:
            thread.join()
    except BaseException:  # Ctrl-C, which comes to this thread: the others end what they are at
        stop.set()
        for thread in threads:
            thread.join()
        raise
