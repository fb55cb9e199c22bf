"""C code of random networks computes what Python computes, in float32 and in int8."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c_models import CompiledModel, write_model
from random_networks import networks, parameters_of
from spritenet.errors import ModelError
from spritenet.export import SavedModel
from spritenet.layers import Graph, Layer
from spritenet.model import model_of
from spritenet.quantization import quantize, reference


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(networks(), st.integers(0, 99))
def test_random_networks_compute_the_same(
    drawn: tuple[tuple[Layer, ...], tuple[int, int, int]], seed: int
) -> None:
    """Within 1e-5 of `predict`; in int8, where all layers have integers, every integer."""
    layers, shape = drawn
    saved = SavedModel(Graph.of(layers), shape, parameters_of(layers, shape, seed))
    images = np.random.default_rng(seed).integers(0, 256, (5, *shape), np.uint8)
    with tempfile.TemporaryDirectory() as scratch:
        compiled = CompiledModel(write_model(saved, Path(scratch) / "c"), saved)
        outputs = compiled.predict(images)
    expected = model_of(saved).predict(images).reshape(5, -1)
    largest = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(outputs, expected, atol=1e-5 * largest, rtol=0)
    try:
        integers = quantize(saved.layers, shape, saved.parameters, images)
    except ModelError:
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_model(saved, Path(scratch) / "c", integers=integers)
        outputs = CompiledModel(folder, saved).predict(images)
    np.testing.assert_array_equal(outputs, reference.predict(integers, images).reshape(5, -1))
