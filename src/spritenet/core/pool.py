"""The core's threads, and what is known of the build in use."""

from __future__ import annotations

import os
import sys
import threading
from typing import ClassVar, Self

from spritenet.core.library import library
from spritenet.errors import CoreError, InputError

__all__ = ["HAS_THREADS", "Pool", "instruction_set", "lanes", "threads"]


HAS_THREADS = sys.platform != "emscripten"
"""False in Pyodide, which starts no thread."""


def instruction_set() -> str:
    """The instruction set of the build in use, "x86-64-v4" for example."""
    name: bytes = library().sn_instruction_set()
    return name.decode()


def lanes() -> int:
    """Returns the number of images in one vector."""
    return int(library().sn_lanes())


def threads() -> int:
    """Returns the number of threads: `SPRITENET_THREADS`, else the processors this process may use.

    It is 1 where threads can't be started.

    Raises:
        InputError: `SPRITENET_THREADS` is not a number from 1 to 1024.
    """
    wanted = os.environ.get("SPRITENET_THREADS", "")
    if wanted:
        if not wanted.isdecimal() or not 1 <= int(wanted) <= 1024:
            raise InputError(
                "invalid number of threads",
                where="SPRITENET_THREADS",
                expected="1 to 1024",
                got=wanted,
            )
        return int(wanted)
    if not HAS_THREADS:
        return 1
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


class Pool:
    """The core's threads, shared by all networks of this process that use the same number.

    A network on one thread works in the thread that calls it. So each of Python's threads has such
    a pool of its own, and networks train side by side.
    """

    _pools: ClassVar[dict[tuple[int, int], Self]] = {}

    def __init__(self, count: int) -> None:
        """Starts them.

        Raises:
            CoreError: memory is exhausted.
        """
        made = library().sn_pool_create(count)
        if not made:
            raise CoreError("the core could not start its threads")
        self.handle: int = made
        self.lock = threading.Lock()
        self.process = os.getpid()

    @classmethod
    def of(cls, count: int) -> Self:
        """The pool with this many threads; a new one after a fork, which takes no threads along."""
        key = count, threading.get_ident() if count == 1 else 0
        pool = cls._pools.get(key)
        if pool is None or pool.process != os.getpid():
            pool = cls._pools[key] = cls(count)
        return pool
