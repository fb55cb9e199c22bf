"""The native engine on every instruction set of this processor."""

from __future__ import annotations

import pytest

from builds import OTHERS, run


@pytest.mark.slow
@pytest.mark.parametrize("build", OTHERS)
def test_networks_learn_alike(build: str) -> None:
    """Against the reference and PyTorch: Winograd's convolutions, large layers, random graphs."""
    names = ("test_native", "test_winograd", "test_large_dense", "test_random_graphs")
    run([f"engines/{name}.py" for name in names], build)
