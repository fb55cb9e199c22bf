"""Calls into the core that Ctrl-C can interrupt.

Python runs its signal handlers between two lines of the main thread, never inside a foreign call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from spritenet.core.pool import HAS_THREADS

__all__ = ["waiting_for"]


def waiting_for(work: Callable[[], int], interrupt: Callable[[], None]) -> int:
    """Runs `work` in a thread of its own, while this one handles signals, and returns its result.

    Args:
        work: the call.
        interrupt: ends it soon; called if a signal handler raises.

    Raises:
        Exception: any exception that the call raised.
        KeyboardInterrupt: from a signal handler; the call has ended by then.
    """
    if not HAS_THREADS:
        return work()
    results: list[int] = []
    errors: list[Exception] = []
    done = threading.Event()

    def call() -> None:
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001 - raised again below, by the caller's thread
            errors.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=call, daemon=True)
    try:
        thread.start()
        done.wait()
    except BaseException:
        interrupt()
        if thread.ident is not None:
            done.wait()
        raise
    if errors:
        raise errors[0]
    return results[0]
