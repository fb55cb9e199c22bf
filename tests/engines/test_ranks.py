"""Two ranks over gloo make the steps of one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch runs the engine")

import rank_training
import spritenet as sn
from spritenet.engines.torch.ranks import check_machines
from spritenet.errors import DataWarning, ModelError


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start(command: list[str], ranks: int) -> list[subprocess.Popen[str]]:
    """Starts the ranks of a Python command as torchrun does, with RANK as each one's number."""
    group = {"WORLD_SIZE": ranks, "MASTER_PORT": free_port()}
    started = []
    for rank in range(ranks):
        own = {"RANK": rank, "LOCAL_RANK": rank, **group}
        more = {name: str(value) for name, value in own.items()}
        started.append(
            subprocess.Popen(
                [sys.executable, *(part.replace("RANK", str(rank)) for part in command)],
                env={**os.environ, "MASTER_ADDR": "127.0.0.1", "OMP_NUM_THREADS": "1", **more},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    return started


def test_two_ranks_end_where_one_does(tmp_path: Path) -> None:
    """With dropout, batch normalization, augmentation and smaller last batches: within 0.00001.

    A rank that is gone ends the others in one line.
    """
    paths = [tmp_path / f"{name}.npz" for name in ("alone", "0", "1")]
    running = start([rank_training.__file__, str(tmp_path / "RANK.npz")], 2)
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


@pytest.mark.slow
def test_a_run_goes_on_with_more_ranks_after_one_was_killed(tmp_path: Path) -> None:
    """Rank 0 says so in one line; three ranks end where one process does."""
    path, steps = tmp_path / "run", 60
    train = [
        "-m",
        "spritenet",
        "train",
        "strokes",
        "--steps",
        str(steps),
        "--learning-rate",
        "0.01",
    ]
    train += ["--checkpoint-every", "10", "--out"]
    first, second = start([*train, str(path)], 2)
    while not (path / "checkpoint").is_dir() and first.poll() is None:
        time.sleep(0.01)
    second.kill()
    _, errors = first.communicate(timeout=120)
    second.communicate()
    assert first.returncode == 2, errors
    assert errors.startswith("error: torchrun: a rank has left the training. Resume from the last")

    for rank in start([*train, str(path), "--resume"], 3):
        _, errors = rank.communicate(timeout=240)
        assert rank.returncode == 0, errors
    (alone,) = start([*train, str(tmp_path / "alone")], 1)
    _, errors = alone.communicate(timeout=120)
    assert alone.returncode == 0, errors
    runs = [sn.load_model(folder).get_weights() for folder in (path, tmp_path / "alone")]
    for one, other in zip(*runs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


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
