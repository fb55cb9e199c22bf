"""File locks between processes, by filelock: the one module that knows it.

The system lets go of a lock when its holder dies, even by `kill -9`, so no lock is ever stale: a
lock file that a killed process left behind is just a file. The file holds the number of the process
that took the lock last, behind one byte, which Windows locks and nobody else can read.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "emscripten":
    from filelock import FileLock, Timeout

__all__ = ["is_locked", "lock_file"]

POLL_SECONDS = 0.01
PROBE_SECONDS = 0.05
"""Patience of a probe and with one: `is_locked` takes the lock for a moment."""

HAS_LOCKS = sys.platform != "emscripten"
"""False in Pyodide, which has no file locks, and no other process."""

_PROBING = threading.Lock()


@contextlib.contextmanager
def lock_file(path: Path, wait_seconds: float = PROBE_SECONDS) -> Iterator[None]:
    """Locks a file, which is created if it is missing and stays there.

    Where the file system has no locks (some network ones), the lock always counts as free.

    Args:
        path: a file of the lock's own.
        wait_seconds: patience with another process that has it.

    Raises:
        TimeoutError: another process had it all the time; the text is its number.
        OSError: the file can't be created.
    """
    path.open("ab").close()
    if not HAS_LOCKS:
        yield
        return
    lock = FileLock(
        path,
        thread_local=False,
        fallback_to_soft=False,
        preserve_lock_file=True,
        on_acquired=_write_holder,
    )
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(lock.acquire(timeout=wait_seconds, poll_interval=POLL_SECONDS))
        except Timeout:
            raise TimeoutError(f"process {_holder(path)}") from None
        except (OSError, NotImplementedError):
            pass  # the file is there, but can't be locked
        yield


def is_locked(path: Path) -> bool:
    """Returns whether a process has the lock of this file now; any number may ask at a time."""
    if not HAS_LOCKS or not path.exists():
        return False
    lock = FileLock(path, thread_local=False, fallback_to_soft=False, preserve_lock_file=True)
    with _PROBING:  # else threads that ask at the same time would see each other
        try:
            with lock.acquire(timeout=PROBE_SECONDS, poll_interval=POLL_SECONDS):
                return False
        except Timeout:
            return True
        except (OSError, NotImplementedError):
            return False  # it can't be locked


def _write_holder(descriptor: int) -> None:
    """Writes the number of this process into a lock file."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, f" {os.getpid()}\n".encode())


def _holder(path: Path) -> str:
    """Returns the number of the process that took a lock last."""
    with contextlib.suppress(OSError), path.open("rb", buffering=0) as file:
        file.seek(1)
        return file.read(20).decode("ascii", "replace").strip() or "unknown"
    return "unknown"
