"""The core tested without Python: tests/native, compiled and run by tools/native.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import spritenet.core.library

ROOT = Path(__file__).parents[1]
LIBRARIES = Path(spritenet.core.library.__file__).parent / "lib"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Runs tools/native.py with the libraries that are installed."""
    return subprocess.run(
        [sys.executable, "tools/native.py", *words, "--libraries", str(LIBRARIES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(autouse=True)
def zig() -> None:
    """The compiler."""
    pytest.importorskip("ziglang")


def test_each_library_passes_the_native_tests() -> None:
    """Those that this processor runs: tables, refusals, gradient, training, order, files."""
    done = run("test")
    assert done.returncode == 0, done.stdout + done.stderr
    levels = spritenet.core.library.builds()
    assert done.stdout.count("all passed") == len(levels)
    assert "FAILED" not in done.stdout


def test_the_native_benchmark_measures_each_network() -> None:
    """A row for each network and batch, with positive speeds."""
    level = spritenet.core.library.builds()[-1]
    done = run("bench", "--isa", level, "--seconds", "0.01")
    assert done.returncode == 0, done.stdout + done.stderr
    head, columns, *rows = done.stdout.splitlines()
    assert head.startswith(level)
    assert columns.split()[0] == "network"
    assert len(rows) == 6
    assert all(float(word) > 0 for row in rows for word in row.split()[-3:])


def test_a_platform_without_an_emulator_is_one_line() -> None:
    """Programs for macOS run on a Mac."""
    done = run("test", "--platform", "macos-x86_64")
    assert done.returncode != 0
    assert done.stderr.strip().count("\n") == 0
    assert "expected a machine that runs it" in done.stderr
