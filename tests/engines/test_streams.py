"""Operations that follow each other row by row: gradients of several bands against PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import spritenet as sn
from spritenet.engines.engine import Examples
from spritenet.engines.native import Network
from spritenet.layers import Layer
from spritenet.losses import CategoricalCrossentropy
from torch_graph import TorchGraph

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")

SHAPE, CLASSES, COUNT = (40, 22, 2), 3, 19


def normalized(layer: Layer, activation: str = "relu") -> list[Layer]:
    """A layer without bias, BatchNormalization, an activation."""
    return [layer, sn.BatchNormalization(momentum=0.9), sn.Activation(activation)]


def pointwise(filters: int, strides: int = 1) -> Layer:
    """Conv2D of 1×1."""
    return sn.Conv2D(filters, 1, strides, use_bias=False)


def depthwise(size: int, strides: int = 1, **values: Any) -> Layer:
    """DepthwiseConv2D without bias."""
    return sn.DepthwiseConv2D(size, strides, use_bias=False, **values)


NETWORKS: dict[str, list[Layer]] = {
    "separable": [
        *normalized(sn.Conv2D(18, 3, padding="same", use_bias=False)),
        *normalized(depthwise(3, padding="same"), "relu6"),
        *normalized(pointwise(24)),
        *normalized(depthwise(3, 2, padding="same")),
        *normalized(pointwise(33, 2), "tanh"),
    ],
    "valid": [
        *normalized(sn.Conv2D(16, 1)),
        *normalized(depthwise(3, 2), "linear"),
        *normalized(sn.Conv2D(17, 2, 2)),
        *normalized(depthwise(5)),
    ],
    "two between": [
        *normalized(sn.Conv2D(16, 3)),
        depthwise(3, padding="same"),
        sn.Activation("relu"),
        sn.DepthwiseConv2D(2, 2, padding="same"),
        *normalized(pointwise(20), "sigmoid"),
        sn.BatchNormalization(),
        *normalized(depthwise(3, 2, depth_multiplier=2)),
    ],
    "large strides": [
        *normalized(sn.Conv2D(16, 2)),
        *normalized(depthwise(2, 3)),
        *normalized(sn.Conv2D(16, 3, 2, padding="same")),
    ],
}


@pytest.mark.parametrize("name", NETWORKS)
def test_bands_of_rows_give_the_gradients_of_whole_images(name: str) -> None:
    """PyTorch's in float64, the same bits on three threads; and the network still predicts."""
    images = sn.Input(SHAPE)
    x = sn.Rescaling(1 / 128, -0.9)(images)
    for layer in NETWORKS[name]:
        x = layer(x)
    x = sn.Dense(CLASSES, activation="softmax")(sn.GlobalAveragePooling2D()(x))
    model, random = sn.Model(images, x), np.random.default_rng(0)
    for key, value in model.weights.items():
        fan = max(1, value.size // value.shape[-1])
        new = random.normal(0, fan**-0.5, value.shape)
        value[...] = np.abs(new) + 0.5 if value.ndim == 1 and "bias" not in key else new
    parameters = model.state.now.parameters.copy()
    examples = Examples(
        random.integers(0, 256, (COUNT, *SHAPE), dtype=np.uint8),
        random.integers(0, CLASSES, COUNT, dtype=np.int32),
        weights=np.ones(COUNT, np.float32),
    )
    loss, rows = CategoricalCrossentropy(), np.arange(COUNT)
    one, three = (
        Network(model.graph, SHAPE, batch_size=COUNT, threads=threads) for threads in (1, 3)
    )
    mean, gradient = one.gradient(parameters, examples, rows, loss)
    again, same = three.gradient(parameters, examples, rows, loss)
    assert (mean, gradient.tobytes()) == (again, same.tobytes())
    oracle = TorchGraph(model.graph.layers, model.graph.inputs, one.weights)
    at = torch.tensor(parameters.astype(np.float64), requires_grad=True)
    expected = oracle.loss(at, examples, rows, loss)
    expected.backward()
    assert mean == pytest.approx(float(expected.detach()), rel=1e-5)
    exact = at.grad.numpy()
    for weight in one.weights:
        here = slice(weight.offset, weight.offset + int(np.prod(weight.shape)))
        wrong = np.linalg.norm(gradient[here] - exact[here])
        assert wrong <= 1e-4 * np.linalg.norm(exact) + 1e-6, weight.name
    alone = Network(model.graph, SHAPE)
    assert one.predict(parameters, examples.images) == pytest.approx(
        alone.predict(parameters, examples.images), abs=1e-5
    )
