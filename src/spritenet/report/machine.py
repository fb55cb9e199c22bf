"""The machine of an evaluation: word → text, without names of people or places."""

from __future__ import annotations

import platform
from pathlib import Path

from spritenet.engines import native

__all__ = ["machine"]

CPUINFO = Path("/proc/cpuinfo")


def machine(threads: int) -> dict[str, str]:
    """Returns the processor and the system, as far as they are known.

    Args:
        threads: the number of threads.
    """
    words = "thread" if threads == 1 else "threads"
    return {
        "evaluated on": f"{_processor()}: {native.instruction_set()}, {threads} {words}",
        "system": f"{platform.system()}, Python {platform.python_version()}",
    }


def _processor() -> str:
    """Returns the processor's name; its architecture if the system doesn't report one."""
    try:
        with CPUINFO.open(encoding="utf-8", errors="replace") as file:
            for line in file.read(4096).splitlines():
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine() or "an unknown processor"
