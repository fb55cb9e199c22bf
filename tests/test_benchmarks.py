"""Benchmarks whose data is missing say so, in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
WITH_MNIST = sorted(
    path.name
    for path in FOLDER.glob("*.py")
    if path.name != "figures.py" and "mnist_folder()" in path.read_text(encoding="utf-8")
)


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A benchmark, with MNIST nowhere."""
    known = {name: value for name, value in os.environ.items() if name != "SPRITENET_MNIST"}
    return subprocess.run(
        [sys.executable, str(FOLDER / script)],
        env={**known, **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("script", WITH_MNIST)
def test_without_mnist_it_is_one_line(script: str) -> None:
    """No traceback: the line names the variable."""
    if script in {"browser.py", "drawing.py"}:
        pytest.importorskip("playwright")
    done = run(script)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "SPRITENET_MNIST" in done.stderr


def test_the_benchmark_of_gpus_is_proven_on_the_cpu() -> None:
    """Every case but those that need MNIST or a compiler, in a small form."""
    pytest.importorskip("torch")
    done = subprocess.run(
        [sys.executable, str(FOLDER / "gpu.py"), "--small"],
        env={**os.environ, "OMP_NUM_THREADS": "1", "SPRITENET_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cases = ("tutorial, batches of 64", "one convolution", "residual", "3 seeds")
    checks = ("against the core", "graphs", "three seeds as one", "a stream")
    for case in (*cases, *checks):
        assert case in done.stdout


def test_a_peer_that_is_no_program_is_one_line(tmp_path: Path) -> None:
    """The line names the variable and what it was."""
    nowhere = str(tmp_path / "python")
    done = run("importing.py", PEER_TORCH=nowhere)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "PEER_TORCH" in line
    assert nowhere in line
