"""Layers, losses and augmentation on every instruction set of this processor."""

from __future__ import annotations

import pytest

from builds import OTHERS, run

LAYERS = ("noise", "resizing", "normalization", "normalizations", "operators", "activations")
OTHER = ("losses/test_losses.py", "augmentation/test_bits.py")


@pytest.mark.slow
@pytest.mark.parametrize("build", OTHERS)
def test_each_computes_the_same(build: str) -> None:
    """Outputs and gradients are PyTorch's; augmented pixels are the same bits."""
    run([*(f"layers/test_{name}.py" for name in LAYERS), *OTHER], build)
