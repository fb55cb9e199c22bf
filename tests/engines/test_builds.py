"""The native engine on every instruction set of this processor."""

from __future__ import annotations

import pytest

from builds import OTHERS, run


@pytest.mark.slow
@pytest.mark.parametrize("build", OTHERS)
def test_networks_learn_alike(build: str) -> None:
    """Against the reference and PyTorch: convolutions, large layers, random graphs, one image."""
    names = ("native", "winograd", "large_dense", "random_graphs", "one_image")
    run([f"engines/test_{name}.py" for name in names], build)
