"""Max pooling behind batch normalization and ReLU: the same network, with fewer operators."""

from __future__ import annotations

import numpy as np
import pytest

import spritenet as sn
from integer_networks import random_images
from spritenet.quantization import IntegerNetwork, quantize
from spritenet.quantization.reference import every_value, predict

SHAPE = (14, 13, 2)


def network_of(layers: list[sn.layers.Layer], sign: float = 1.0) -> tuple[sn.Model, IntegerNetwork]:
    """A network with random weights and its integers; `sign` is that of the last gamma."""
    random = np.random.default_rng(0)
    model = sn.Sequential([sn.Input(SHAPE), *layers, sn.Flatten(), sn.Dense(5)])
    weights = []
    for name, array in model.weights.items():
        positive = name.endswith(("variance", "gamma"))
        drawn = (
            random.uniform(0.5, 2, array.shape) if positive else random.normal(0, 0.3, array.shape)
        )
        if name.endswith("gamma"):
            drawn[-1] *= sign
        weights.append(drawn)
    model.set_weights(weights)
    images = random_images(1, model, 24)
    return model, quantize(model.graph, SHAPE, model.parameters, images)


@pytest.mark.parametrize("pool", [sn.MaxPooling2D(2), sn.MaxPooling2D(3, 2, "same")])
@pytest.mark.parametrize("activation", [sn.ReLU(), sn.ReLU(6.0)])
def test_the_integers_are_those_of_pooling_last(
    pool: sn.layers.Layer, activation: sn.layers.Layer
) -> None:
    """Convolution, pooling, normalization, ReLU: as if the pooling had been written last."""
    convolution, normalized = sn.Conv2D(7, 3, use_bias=False), sn.BatchNormalization()
    first, found = network_of([convolution, pool, normalized, activation])
    last, expected = network_of([convolution, normalized, activation, pool])
    images = random_images(2, first, 9)
    assert np.allclose(first.predict(images), last.predict(images), atol=1e-5)
    kinds = [type(operator).__name__ for operator in found.operators]
    assert kinds == ["Convolution", "MaxPooling", "Dense"]
    for a, b in zip(every_value(found, images), every_value(expected, images), strict=True):
        assert np.array_equal(a, b)


def test_global_pooling_goes_last() -> None:
    """Operators of one value of each channel can be computed before it is chosen."""
    layers = [sn.Conv2D(6, 3), sn.GlobalMaxPooling2D(), sn.BatchNormalization(), sn.ReLU()]
    _, found = network_of(layers)
    kinds = [type(operator).__name__ for operator in found.operators]
    assert kinds == ["Convolution", "MaxPooling", "Dense"]
    assert found.operators[0].low == found.operators[0].zero_point


def test_a_negative_factor_stays_behind_the_pooling() -> None:
    """It would make the least value the largest."""
    layers = [sn.Conv2D(6, 3), sn.MaxPooling2D(2), sn.BatchNormalization(), sn.ReLU()]
    model, found = network_of(layers, sign=-1.0)
    kinds = [type(operator).__name__ for operator in found.operators]
    assert kinds == ["Convolution", "MaxPooling", "Convolution", "Dense"]
    images = random_images(2, model, 9)
    wanted = model.predict(images)
    assert np.abs(found.real_outputs(predict(found, images)) - wanted).max() < 0.1 * np.ptp(wanted)


def test_what_others_read_stays() -> None:
    """A convolution or pooling with two readers keeps its place."""
    images = sn.Input(SHAPE)
    x = sn.Conv2D(4, 3, padding="same")(images)
    pooled = sn.MaxPooling2D(2)(x)
    y = sn.ReLU()(sn.BatchNormalization()(pooled))
    model = sn.Model(images, sn.Dense(3)(sn.Flatten()(sn.Add()([pooled, y]))))
    drawn = random_images(1, model, 24)
    found = quantize(model.graph, SHAPE, model.parameters, drawn)
    kinds = [type(operator).__name__ for operator in found.operators]
    assert kinds == ["Convolution", "MaxPooling", "Convolution", "Sum", "Dense"]
