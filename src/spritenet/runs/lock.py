"""One training to a folder: a lock that the operating system releases whatever happens.

Locked is the file `.lock`, which stays; a process that dies, even by `kill -9`, loses its lock at
once, so there are no stale ones.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

from spritenet.errors import RunError

__all__ = ["NAME", "held", "locked"]

NAME = ".lock"

PATIENCE = 5
"""Tries, 10 ms apart: somebody may only be looking whether the lock is free."""


def held(folder: Path) -> bool:
    """Whether a training holds the folder now. Any number may ask at the same time."""
    try:
        handle = os.open(folder / NAME, os.O_RDWR)
    except OSError:
        return False
    try:
        _take_patiently(handle, shared=True)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _take_patiently(handle: int, *, shared: bool = False) -> None:
    """Lock the open file, or raise OSError after a moment."""
    tries = 1 if shared and sys.platform != "win32" else PATIENCE
    for _ in range(tries - 1):
        with suppress(OSError):
            _take(handle, shared=shared)
            return
        sleep(0.01)
    _take(handle, shared=shared)


def _take(handle: int, *, shared: bool) -> None:
    """Lock the open file or raise OSError at once; Windows has no shared locks."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder, made if it isn't there, for as long as the context lasts.

    Raises:
        RunError: another training holds it, or it can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise RunError(
            f"the folder can't be used: {error.strerror or error}",
            where=folder,
            do="Choose another folder.",
        ) from error
    try:
        try:
            _take_patiently(handle)
        except OSError as error:
            with suppress(OSError):
                os.lseek(handle, 1, os.SEEK_SET)
            owner = os.read(handle, 20).decode("ascii", "replace").strip() or "unknown"
            raise RunError(
                "another training is writing here",
                where=folder,
                got=f"process {owner}",
                do="Wait until it has ended, or choose another folder.",
            ) from error
        os.ftruncate(handle, 0)
        # The first byte is the one that Windows locks, and so the one nobody else can read.
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, f" {os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)
