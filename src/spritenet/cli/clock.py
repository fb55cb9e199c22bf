"""How long this process has been running, from its very start, imports included."""

from __future__ import annotations

import os
import time
from pathlib import Path

__all__ = ["process_seconds"]

_LOADED = time.perf_counter()


def _seconds_before() -> float:
    """How long the process ran before this module was loaded; 0 where nobody can tell.

    Linux counts a process's start in hundredths of a second since the machine's: proc(5), field 22.
    """
    try:
        fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - started)
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0


_BEFORE = _seconds_before()


def process_seconds() -> float:
    """Seconds since the process began; since this module was loaded where nobody can tell."""
    return _BEFORE + time.perf_counter() - _LOADED
