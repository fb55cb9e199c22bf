"""Threads in Node.js: the same bits on any number of them."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LIBRARY = HERE.parents[1] / "src" / "spritenet" / "web" / "static" / "lib"


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_compute_the_bits_of_one(node: str, threads: int) -> None:
    """Losses, evaluation and outputs, with batch statistics and without; and the program ends."""
    done = subprocess.run(
        [node, HERE / "threads.mjs", LIBRARY, str(threads)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,  # threads that other programs starve wait for each other
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["threads"] == threads
    for alone, together in found["results"]:
        assert len(alone["losses"]) == 54
        assert all(math.isfinite(loss) for loss in alone["losses"])
        assert together == alone
