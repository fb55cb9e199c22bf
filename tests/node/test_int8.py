"""Models in int8 by WebAssembly: the integers of Python."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

from integer_networks import random_images, random_model

SCRIPT = Path(__file__).parent / "int8.mjs"


def test_every_integer_is_pythons(node: str, tmp_path: Path) -> None:
    """Random graphs of all operators give the same bits, and the same real outputs nearly."""
    wanted = {}
    for seed in range(300, 320):
        model = random_model(seed)
        images = random_images(seed, model, 11)
        small = model.quantize(images)
        folder = tmp_path / str(seed)
        folder.mkdir()
        small.save(folder / "model.int8")
        (folder / "pixels.bin").write_bytes(images.tobytes())
        wanted[folder] = small.predict_integers(images), small.predict(images)
    done = subprocess.run(
        [node, SCRIPT, *wanted], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "not an int8 model" in done.stdout
    for folder, (integers, outputs) in wanted.items():
        found = np.fromfile(folder / "integers.bin", "<i2").reshape(integers.shape)
        assert np.array_equal(found, integers), folder
        real = np.fromfile(folder / "outputs.bin", "<f4").reshape(outputs.shape)
        assert np.abs(real - outputs).max() < 1e-6
