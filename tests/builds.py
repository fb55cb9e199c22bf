"""Tests of the core on the instruction sets besides the best one, which all tests use.

A file of tests is run again in a process of its own, with SPRITENET_ISA: a few files in one
process, since starting it costs as much as their tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from spritenet.core import library

__all__ = ["OTHERS", "examples", "run"]

TESTS = Path(__file__).parent
CHOSEN = "SPRITENET_ISA" in os.environ

OTHERS = () if CHOSEN else library.builds()[:-1]
"""The instruction sets that this processor runs, but its best."""


def examples(count: int) -> int:
    """The number of random examples: with SPRITENET_ISA a fifth, for the best has seen all."""
    return max(2, count // 5) if CHOSEN else count


def run(files: Sequence[str], build: str) -> None:
    """Runs test files on an instruction set; fails the test with what they complain of."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *files],
        cwd=TESTS,
        env={**os.environ, "SPRITENET_ISA": build},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
