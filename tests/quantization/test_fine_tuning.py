"""Fine-tuning for int8: the rounding against PyTorch and the integers, and what it wins back."""

from __future__ import annotations

import numpy as np
import pytest

import spritenet as sn
from integer_networks import random_network
from layer_cases import torch
from spritenet.engines import native
from spritenet.engines.engine import Examples
from spritenet.errors import DataError, ModelError
from spritenet.layers import BatchNormalization
from spritenet.losses import CategoricalCrossentropy
from spritenet.quantization.fake_quantization import FakeQuantization
from spritenet.quantization.fine_tuning import rounded_graph
from spritenet.quantization.reference import predict


@pytest.mark.parametrize("zero_point", [-128, -60, 0, 127])
def test_rounds_as_pytorch_does(zero_point: int) -> None:
    """Outputs and gradients of `fake_quantize_per_tensor_affine`, saturated values included."""
    layer = FakeQuantization(1 / 16, -128 - zero_point, 127 - zero_point)
    layers = (sn.Rescaling(1 / 8, -16), sn.Dense(40), layer, sn.Dense(3))
    engine = native.Network((*layers, sn.Softmax()), (12,), batch_size=17)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (17, 12), dtype=np.uint8)
    labels = random.integers(0, 3, 17, dtype=np.int32)
    parameters = random.normal(0, 0.3, engine.parameter_count).astype(np.float32)
    value, gradient = engine.gradient(
        parameters, Examples(images, labels), np.arange(17), CategoricalCrossentropy()
    )
    flat = torch.tensor(parameters, requires_grad=True)
    kernel, bias, out, last = flat.split([480, 40, 120, 3])
    x = (torch.tensor(images) / 8 - 16) @ kernel.reshape(12, 40) + bias
    rounded = torch.fake_quantize_per_tensor_affine(x, 1 / 16, zero_point, -128, 127)
    logits = rounded @ out.reshape(40, 3) + last
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels).long())
    loss.backward()
    assert value == pytest.approx(float(loss.detach()), rel=1e-3)
    assert flat.grad is not None
    slopes = flat.grad.numpy()
    assert np.linalg.norm(gradient - slopes) < 0.01 * np.linalg.norm(slopes)
    found = engine.predict(parameters, images)
    expected = torch.softmax(logits, 1).detach().numpy()
    assert np.abs(found - expected).max() < 0.01  # a value at a half may go the other way


@pytest.mark.parametrize("seed", range(500, 512))
def test_the_rounded_graph_is_the_integer_network(seed: int) -> None:
    """Float layers with rounding between them give the integer network's outputs, nearly."""
    model, network, images = random_network(seed)
    assert model.input_shape is not None
    graph = rounded_graph(model.graph, model.input_shape, model.parameters, network)
    assert all(not one.trainable for one in graph if isinstance(one, BatchNormalization))
    engine = native.Network(graph.layers, model.input_shape, inputs=graph.inputs)
    assert engine.parameter_count == len(model.parameters)
    found = engine.predict(model.parameters, images)
    wanted = network.real_outputs(predict(network, images))
    plain = model.predict(images)
    scale = float(np.abs(plain).max())
    assert np.abs(found - wanted).mean() < 0.02 * scale  # kernels aren't rounded here


@pytest.fixture(scope="module")
def unequal() -> tuple[sn.Dataset, sn.Model]:
    """A network whose first layer's channels differ much in size, and its images."""
    digits = sn.load("strokes")
    x, y = digits.train.images, digits.train.labels
    parts = (x[:4000], y[:4000]), (x[4000:6000], y[4000:6000])
    data = sn.Dataset.from_arrays(*parts, class_names=digits.class_names)
    pixels = sn.Input((28, 28, 1))  # two read the first layer: nothing equalizes its channels
    first = sn.Conv2D(8, 5, strides=2, activation="relu")(pixels)
    both = sn.Add()([sn.Conv2D(8, 3, strides=2)(first), sn.Conv2D(8, 3, strides=2)(first)])
    flat = sn.Flatten()(sn.ReLU()(both))
    model = sn.Model(pixels, sn.Dense(10, activation="softmax")(flat))
    model.compile(sn.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(data.train, epochs=4, batch_size=32, seed=0, verbose=0)
    weights = model.get_weights()
    factors = np.exp(np.random.default_rng(1).uniform(-4, 4, 8)).astype(np.float32)
    weights[0] *= factors
    weights[1] *= factors
    weights[2] /= factors[:, None]
    weights[4] /= factors[:, None]
    model.set_weights(weights)
    return data, model


def test_wins_back_what_calibration_loses(unequal: tuple[sn.Dataset, sn.Model]) -> None:
    """More than half of it, with one seed of four at least; a seed gives the same integers.

    If no epoch is better than calibration alone, that is kept. The model keeps its weights.
    """
    data, model = unequal
    before = model.parameters.copy()
    calibrated = model.quantize(data).evaluate(data.test).accuracy
    several = [model.quantize(data, epochs=4, seed=seed) for seed in range(4)]
    whole = model.evaluate(data.test).accuracy
    assert whole is not None
    assert calibrated is not None
    assert whole - calibrated > 0.02
    accuracies = [one.evaluate(data.test).accuracy or 0 for one in several]
    assert whole - max(accuracies) < (whole - calibrated) / 2
    same = data.train.images, data.train.labels
    again, tuned = model.quantize(*same, epochs=4, seed=3), several[3]
    assert np.array_equal(model.parameters, before)
    images = data.test.images[:50]
    assert np.array_equal(again.predict_integers(images), tuned.predict_integers(images))


def test_refuses_what_cannot_be_tuned(unequal: tuple[sn.Dataset, sn.Model]) -> None:
    """No labels, outputs without a loss, epochs below 0."""
    data, model = unequal
    with pytest.raises(DataError, match="labels"):
        model.quantize(data.train.images, epochs=1)
    bare = sn.Sequential([sn.Input((28, 28, 1)), sn.Flatten(), sn.Dense(10)])
    with pytest.raises(ModelError, match=r"can't be fine-tuned.*expected a softmax or sigmoid"):
        bare.quantize(data, epochs=1)
    with pytest.raises(ModelError, match="epochs"):
        model.quantize(data, epochs=-1)
