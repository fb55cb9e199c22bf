"""The lists that name every layer are those that tools/layer_lists.py writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRETTIER = ROOT / "tests" / "node" / "node_modules" / ".bin" / "prettier"


@pytest.mark.skipif(not PRETTIER.exists(), reason="Prettier formats the list for JavaScript")
def test_the_lists_are_current() -> None:
    """After a new layer: python tools/layer_lists.py."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "layer_lists.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"Run: python tools/layer_lists.py\n{done.stdout}{done.stderr}"


@pytest.mark.skipif(not PRETTIER.exists(), reason="Prettier formats the list for JavaScript")
def test_the_labs_networks_are_current() -> None:
    """After a change of a network by name: python tools/network_lists.py."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "network_lists.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"Run: python tools/network_lists.py\n{done.stdout}{done.stderr}"


@pytest.mark.skipif(not PRETTIER.exists(), reason="Prettier formats the list for JavaScript")
def test_the_optimizers_lists_are_current() -> None:
    """After a new optimizer: python tools/optimizer_lists.py."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "optimizer_lists.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"Run: python tools/optimizer_lists.py\n{done.stdout}{done.stderr}"


def test_the_tables_of_formats_are_current() -> None:
    """After a change of what a format holds: python tools/format_tables.py."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "format_tables.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"Run: python tools/format_tables.py\n{done.stdout}{done.stderr}"
