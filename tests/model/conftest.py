"""The tiny network, trained, for the tests of one module."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import tiny
from spritenet.model import Sequential


@pytest.fixture(scope="module")
def model() -> Sequential:
    """Trained a little, so that it makes mistakes on the test images."""
    return tiny.trained(tiny.images(120, seed=1, name="test"))


@pytest.fixture
def predicted(node: str) -> Callable[[Path, Path, NDArray[np.uint8]], list[NDArray[np.float32]]]:
    """Predictions of TensorFlow.js and the JavaScript library, of the model in `folder / "m"`."""

    def run(tfjs: Path, folder: Path, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        model = folder / "m"
        (model / "pixels.bin").write_bytes(images.astype("<f4").tobytes())
        (folder / "pixels").write_bytes(images.tobytes())
        jobs = {"folder": str(folder), "models": [{"names": "m", "pixels": "pixels", "out": "out"}]}
        for script in (["predict.mjs", str(model)], ["library.mjs", "foreign"]):
            done = subprocess.run(
                [node, *script],
                cwd=tfjs,
                input=json.dumps(jobs),
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        files = [model / "outputs.bin", folder / "out"]
        return [np.fromfile(file, "<f4").reshape(len(images), -1) for file in files]

    return run
