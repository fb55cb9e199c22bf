"""A side of an interleaved comparison: works on command, and reports the time."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

__all__ = ["serve"]


def serve(name: str, work: Callable[[int], object]) -> None:
    """The loop of a side's process: a count comes in, the seconds that much work took go out.

    Args:
        name: of the side, with its version.
        work: does that much, for example so many training steps.

    SIDE_CLOCK=process counts the processor's time of all threads instead of the wall clock's.
    """
    clock = time.process_time if os.environ.get("SIDE_CLOCK") == "process" else time.perf_counter
    print(name, flush=True)
    for line in sys.stdin:
        start = clock()
        work(int(line))
        print(clock() - start, flush=True)
