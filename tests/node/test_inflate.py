"""core-png.wasm inflates what zlib inflates, and refuses what zlib refuses."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.mark.parametrize("seed", [1, 2])
def test_the_module_agrees_with_zlib(node: str, seed: int) -> None:
    """Every level and strategy, whole and broken, and it writes nowhere else."""
    script = Path(__file__).with_name("inflate.mjs")
    done = subprocess.run(
        [node, script, str(seed), "60"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("60 inflated, ")
