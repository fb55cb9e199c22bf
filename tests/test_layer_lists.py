"""Generated lists and tables are those that the scripts in tools/ write."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRETTIER = ROOT / "tests" / "node" / "node_modules" / ".bin" / "prettier"
FOR_JAVASCRIPT = pytest.mark.skipif(
    not PRETTIER.exists(), reason="Prettier formats the list for JavaScript"
)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("layer_lists", marks=FOR_JAVASCRIPT),
        pytest.param("network_lists", marks=FOR_JAVASCRIPT),
        pytest.param("optimizer_lists", marks=FOR_JAVASCRIPT),
        "format_tables",
    ],
)
def test_the_lists_are_current(script: str) -> None:
    """After a new layer, network, optimizer or format, the script is run again."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / f"{script}.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"Run: python tools/{script}.py\n{done.stdout}{done.stderr}"
