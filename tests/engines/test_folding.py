"""A network that only predicts does batch normalisation in the weights before it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spritenet as sn
from spritenet import ops
from spritenet.engines import native
from spritenet.engines.engine import Examples
from spritenet.layers import Layer
from spritenet.losses import SparseCategoricalCrossentropy
from spritenet.regularizers import L2

SHAPE = (7, 6, 3)

BEFORE: dict[str, Layer] = {
    "conv2d": sn.Conv2D(5, 3, use_bias=False, padding="same"),
    "conv2d with a bias": sn.Conv2D(20, 3, strides=2, kernel_regularizer=L2(0.1)),
    "dilated": sn.Conv2D(4, 2, dilation_rate=2),
    "groups": sn.Conv2D(6, 3, groups=3, padding="same"),
    "depthwise": sn.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False),
    "separable": sn.SeparableConv2D(9, 3, bias_regularizer=L2(0.2)),
    "transposed": sn.Conv2DTranspose(4, 3),
    "pooling": sn.MaxPooling2D(2),
    "activated": sn.Conv2D(5, 3, activation="relu"),
    "pixels": sn.Dense(8),
}


def networks_of(model: sn.Model) -> tuple[native.Network, native.Network]:
    """The network as it predicts, and with every layer's outputs kept apart."""
    layers = model.layers
    return native.Network(layers, SHAPE), native.Network(layers, SHAPE, keep_outputs=True)


def some_parameters(count: int, seed: int) -> np.ndarray:
    """Positive: also deviations."""
    return np.random.default_rng(seed).uniform(0.05, 0.5, count).astype(np.float32)


@pytest.mark.parametrize("name", BEFORE)
@pytest.mark.parametrize("activation", ["linear", "relu"])
@settings(max_examples=4, deadline=None)
@given(scale=st.booleans(), center=st.booleans(), seed=st.integers(0, 9))
def test_predictions_are_those_of_the_layers_one_by_one(
    name: str, activation: str, scale: bool, center: bool, seed: int
) -> None:
    """After any layer, of one image and of many; and so are loss and penalty."""
    model = sn.Sequential(
        [
            sn.Input(SHAPE),
            sn.Rescaling(1 / 255),
            BEFORE[name],
            sn.BatchNormalization(scale=scale, center=center, epsilon=0.01),
            sn.Activation(activation),
            sn.BatchNormalization(),
            sn.Flatten(),
            sn.Dense(3, "softmax"),
        ]
    )
    folded, apart = networks_of(model)
    parameters = some_parameters(folded.parameter_count, seed)
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (37, *SHAPE), np.uint8)
    expected = np.stack([apart.activations(parameters, x)[-1].ravel() for x in images])
    np.testing.assert_allclose(folded.predict(parameters, images), expected, atol=1e-4)
    np.testing.assert_allclose(folded.predict(parameters, images[:1]), expected[:1], atol=1e-4)
    examples = Examples(images, random.integers(0, 3, len(images)).astype(np.int32))
    loss = SparseCategoricalCrossentropy()
    got, wanted = (n.evaluate(parameters, examples, loss) for n in (folded, apart))
    assert got.loss_sum == pytest.approx(wanted.loss_sum, rel=1e-4)
    assert got.l2 == pytest.approx(wanted.l2, rel=1e-6)


def test_other_parameters_are_folded_anew() -> None:
    """The same network, called with one array after the other."""
    layers: list[Layer] = [sn.Conv2D(4, 3), sn.BatchNormalization(), sn.GlobalAveragePooling2D()]
    network = native.Network(layers, SHAPE)
    images = np.random.default_rng(0).integers(0, 256, (40, *SHAPE), np.uint8)
    first, second = (some_parameters(network.parameter_count, seed) for seed in (1, 2))
    before = network.predict(first, images)
    assert np.abs(network.predict(second, images) - before).max() > 1e-3
    np.testing.assert_array_equal(network.predict(first, images), before)


def test_what_others_read_is_not_folded() -> None:
    """A convolution that two normalisations and a sum read keeps its own values."""
    x = sn.Input(SHAPE)
    z = sn.Conv2D(4, 3, padding="same")(x)
    first, second = sn.BatchNormalization()(z), sn.BatchNormalization()(z)
    model = sn.Model(x, sn.Flatten()(sn.Add()([z, first, second])))
    weights = [np.random.default_rng(3).uniform(0.05, 1, w.shape) for w in model.get_weights()]
    model.set_weights(weights)
    images = np.random.default_rng(0).integers(0, 256, (40, *SHAPE), np.uint8)
    kernel, bias, *rest = weights
    y = (ops.conv2d(images / 255, kernel, 1, "same") + bias).values
    total = y.copy()
    for gamma, beta, mean, variance in (rest[:4], rest[4:]):
        total += (y - mean) / np.sqrt(variance + 1e-3) * gamma + beta
    np.testing.assert_allclose(model.predict(images), total.reshape(40, -1), rtol=1e-4)
