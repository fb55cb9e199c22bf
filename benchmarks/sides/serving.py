"""What every side of an interleaved comparison does: work when told, and say how long it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

__all__ = ["serve"]


def serve(name: str, work: Callable[[int], object]) -> None:
    """The loop of a side's process: a count comes in, the seconds that much work took go out.

    Args:
        name: of the side, with its version.
        work: does that much, for example so many training steps.
    """
    print(name, flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        work(int(line))
        print(time.perf_counter() - start, flush=True)
