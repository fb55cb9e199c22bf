"""The JavaScript library's JSDoc types hold."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def test_typescript_finds_nothing_to_complain_about(node: str) -> None:
    """`tsc` with every strict rule, over all modules that pages and widgets load."""
    compiler = HERE / "node_modules" / "typescript" / "bin" / "tsc"
    if not compiler.exists():
        pytest.skip("TypeScript is not installed: npm ci --prefix tests/node")
    done = subprocess.run([node, compiler, "-p", HERE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
