"""A small data set on disk, and a run that learnt it: made once for all tests of the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

import tiny
from idx_bytes import image_bytes, label_bytes
from program import spritenet


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of a folder with IDX files of 28×28 images; four of MNIST's ten classes occur."""
    folder = tmp_path_factory.mktemp("data") / "quarters"
    folder.mkdir()
    for name, split in (("train", tiny.images(400)), ("t10k", tiny.images(100, seed=1))):
        images = split.images[..., 0].repeat(4, 1).repeat(4, 2)[:, 2:30, 2:30]
        (folder / f"{name}-images-idx3-ubyte").write_bytes(image_bytes(images))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(label_bytes(split.labels.astype("u1")))
    return str(folder)


@pytest.fixture(scope="session")
def run(data: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on it. Tests leave it as it is."""
    folder = tmp_path_factory.mktemp("runs")
    done = spritenet("train", data, "--epochs", "3", "--out", "run", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / "run"
