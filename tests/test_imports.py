"""Imports: what a script and `spritenet train` load, so that they start in a moment."""

from __future__ import annotations

import subprocess
import sys

import pytest

from program import environment

SCRIPT = """
import numpy as np
import spritenet as sn
from spritenet import networks

images, labels = np.zeros((3, 28, 28, 1), np.uint8), np.arange(3, dtype=np.int32)
split = sn.Split(images, labels, ("a", "b", "c"))
networks.tutorial(split).fit(split, steps=2, verbose=0)
"""

COMMAND = """
import spritenet.cli.train
import spritenet.cli.experiment
"""

SELDOM = {"h5py", "scipy", "PIL", "urllib3", "rich", "matplotlib", "torch", "onnx", "optuna"}
SELDOM |= {"starlette", "uvicorn", "pyarrow", "sklearn", "fsspec", "ray", "asyncio", "http.client"}
SELDOM |= {"spritenet.plots", "spritenet.report", "spritenet.curation", "spritenet.sweeps"}
SELDOM |= {"spritenet.export.keras_file", "spritenet.export.graph_model", "spritenet.charts"}
SELDOM |= {"spritenet.sprites", "spritenet.streams", "spritenet.export.onnx"}
SELDOM |= {"spritenet.layers.mixing", "spritenet.layers.noise", "spritenet.layers.prelu"}
SELDOM |= {"spritenet.losses.hinge", "spritenet.losses.similarity", "spritenet.metrics.curves"}
SELDOM |= {"spritenet.metrics.regression", "spritenet.optimizers.ftrl", "spritenet.optimizers.lamb"}


def loaded(script: str) -> set[str]:
    """The modules that a script has loaded at its end."""
    found = subprocess.run(
        [sys.executable, "-c", f"{script}\nimport sys\nprint(*sys.modules)"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(found.stdout.split())


def test_importing_the_package_loads_no_module_of_it() -> None:
    """Not even NumPy: each name is fetched when it is used."""
    found = loaded("import spritenet")
    assert "numpy" not in found
    assert {name for name in found if name.startswith("spritenet.")} == set()


@pytest.mark.parametrize("script", [SCRIPT, COMMAND], ids=["script", "command"])
def test_what_is_seldom_needed_is_not_loaded(script: str) -> None:
    """Neither other libraries, nor layers, losses, optimizers and metrics that nobody named."""
    assert loaded(script) & SELDOM == set()
