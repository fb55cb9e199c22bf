"""The tiny network, trained, for the tests of one module."""

from __future__ import annotations

import pytest

import tiny
from spritenet.model import Sequential


@pytest.fixture(scope="module")
def model() -> Sequential:
    """Trained a little, so that it makes mistakes on the test images."""
    return tiny.trained(tiny.images(120, seed=1, name="test"))
