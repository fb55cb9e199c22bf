"""One process at a time: a lock that the system lets go of when its holder dies.

So there are no stale locks to detect: a lock file that a killed process left behind is just a file.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

__all__ = ["hold"]

PATIENCE_SECONDS = 0.05


@contextlib.contextmanager
def hold(path: Path, wait_seconds: float) -> Iterator[None]:
    """Holds the lock of this file, which is made if need be and stays there.

    Where the file system has no locks (some network ones), it is as if nobody else held it.

    Args:
        path: a file of the lock's own.
        wait_seconds: how long to wait for another process.

    Raises:
        TimeoutError: another process held it all the time; the text says which one.
        OSError: the file can't be made.
    """
    with path.open("a+b", buffering=0) as file:
        deadline = time.monotonic() + wait_seconds
        while not _acquired(file):
            if time.monotonic() > deadline:
                file.seek(0)
                holder = file.read(20).decode("ascii", "replace") or "unknown"
                raise TimeoutError(f"process {holder} holds it")
            time.sleep(PATIENCE_SECONDS)
        try:
            file.truncate(0)
            file.write(str(os.getpid()).encode())
            yield
        finally:
            _release(file)


if sys.platform == "win32":
    import msvcrt

    BEYOND = 1 << 30  # the byte that is locked: beyond the process number, which stays readable

    def _acquired(file: IO[bytes]) -> bool:
        file.seek(BEYOND)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(file: IO[bytes]) -> None:
        file.seek(BEYOND)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _acquired(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # no locks here
            return True
        return True

    def _release(file: IO[bytes]) -> None:
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_UN)
