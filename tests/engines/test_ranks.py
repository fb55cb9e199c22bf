"""Two ranks over gloo make the steps of one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch runs the engine")

import rank_training
from spritenet.engines.torch.ranks import check_machines
from spritenet.errors import DataWarning, ModelError


def start(path: Path, rank: int, port: int) -> subprocess.Popen[str]:
    """Starts a rank as torchrun does."""
    own = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "MASTER_PORT": port}
    more = {name: str(value) for name, value in own.items()}
    return subprocess.Popen(
        [sys.executable, rank_training.__file__, str(path)],
        env={**os.environ, "MASTER_ADDR": "127.0.0.1", "OMP_NUM_THREADS": "1", **more},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_ranks_end_where_one_does(tmp_path: Path) -> None:
    """With dropout, batch normalization, augmentation and smaller last batches: within 0.00001.

    A rank that is gone ends the others in one line.
    """
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    paths = [tmp_path / f"{name}.npz" for name in ("alone", "first", "second")]
    running = [start(path, rank, port) for rank, path in enumerate(paths[1:])]
    rank_training.train(paths[0])
    for process, code in zip(running, (0, rank_training.KILLED), strict=True):
        _, errors = process.communicate(timeout=120)
        assert process.returncode == code, errors
    left = paths[1].with_suffix(".txt").read_text(encoding="utf-8")
    assert left.startswith("torchrun: a rank has left the training. Resume from the last checkpo")
    alone, *ranks = (np.load(path) for path in paths)
    assert str(alone["refused"]) == ""
    for one in ranks:
        np.testing.assert_allclose(one["losses"], alone["losses"], atol=1e-5)
        np.testing.assert_allclose(one["w"], alone["w"], atol=1e-5)
        np.testing.assert_allclose(one["outputs"], alone["outputs"], atol=1e-5)
        assert "more ranks than images in a batch: 2 ranks: expected batches of 2" in str(
            one["refused"]
        )
    np.testing.assert_array_equal(ranks[0]["w"], ranks[1]["w"])


def test_unequal_machines_are_said() -> None:
    """Other versions are refused, by every rank; another processor is a warning of rank 0."""
    mine, other = ("PyTorch 2.13.0, Spritenet 0.1.0", "x86_64 v4"), "aarch64 neon"
    check_machines([mine, mine], first=True)
    line = "rank 1 has aarch64 neon, rank 0 has x86_64 v4: the last bits of sums depend on that"
    with pytest.warns(DataWarning, match=line):
        check_machines([mine, (mine[0], other)], first=True)
    check_machines([mine, (mine[0], other)], first=False)
    newer = ("PyTorch 2.13.0, Spritenet 0.2.0", mine[1])
    line = "rank 1: ranks have different versions: expected PyTorch 2.13.0, Spritenet 0.1.0, as ra"
    for first in (True, False):
        with pytest.raises(ModelError, match=line):
            check_machines([mine, newer], first=first)
