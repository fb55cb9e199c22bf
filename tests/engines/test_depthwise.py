"""Depthwise convolutions of 3×3 in tiles and what those leave, against float64."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from engine_cases import begin, some
from reference import Network as Reference
from spritenet import layers as kinds
from spritenet.engines.native import Network
from spritenet.layers import Layer
from spritenet.losses import CategoricalCrossentropy

COUNT, CLASSES = 18, 4


@pytest.mark.parametrize("activation", ["relu", "linear", "tanh"])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize(
    "shape", [(3, 3), (4, 9), (5, 8), (7, 7), (8, 4), (9, 18), (12, 16), (13, 11)]
)
def test_gradients_of_any_size(
    shape: tuple[int, int], strides: int, padding: Literal["same", "valid"], activation: str
) -> None:
    """A relu before, whose derivative is applied where the gradient is written, and others."""
    layers: list[Layer] = [
        kinds.Rescaling(1 / 128, -0.9),
        kinds.Conv2D(6, 1, activation=activation),
        kinds.DepthwiseConv2D(3, strides, padding),
        kinds.GlobalAveragePooling2D(),
        kinds.Dense(CLASSES, activation="softmax"),
    ]
    image = (*shape, 2)
    network, reference = Network(layers, image, batch_size=COUNT), Reference(layers, image)
    parameters = begin(reference, layers, image).astype(np.float32)
    examples, rows = some(image, COUNT, CLASSES, weighted=False), np.arange(COUNT)
    loss = CategoricalCrossentropy()
    mean, gradient = network.gradient(parameters, examples, rows, loss)
    expected, exact = reference.gradient(parameters, examples, rows, loss)
    assert mean == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(gradient, exact, rtol=1e-4, atol=1e-5 * np.abs(exact).max())
