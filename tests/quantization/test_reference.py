"""The NumPy reference against the document, and integer networks against the float ones."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import plain_integers
import spritenet as sn
from integer_networks import random_images, random_model, random_network
from spritenet.errors import ModelError
from spritenet.quantization import operators as ops
from spritenet.quantization import quantize
from spritenet.quantization.reference import every_value, predict

SMALL = (6, 5, 2)


def test_equals_the_document_word_by_word() -> None:
    """Each operator, in random networks, gives what the document's formulas give."""
    seen: Counter[str] = Counter()
    for seed in range(40):
        model = random_model(seed, SMALL)
        images = random_images(seed, model, 6)
        network = quantize(model.graph, SMALL, model.parameters, images)
        last = network.operators[-1]
        found = predict(network, images[:1])
        assert found.dtype == last.dtype
        plain = plain_integers.outputs(network, images[0])
        assert np.array_equal(found.reshape(last.shape), plain), seed
        seen.update(type(operator).__name__ for operator in network.operators)
    wanted = set(ops.__all__) - {"INT8", "INT16", "Operator", "Reshaping"}
    assert wanted <= set(seen), wanted - set(seen)


def test_agrees_with_the_float_network() -> None:
    """Outputs of random networks differ by no more than quantization explains."""
    for seed in range(100, 130):
        model, network, images = random_network(seed)
        real = network.real_outputs(predict(network, images))
        wanted = model.predict(images)
        assert real.shape == wanted.shape
        spread = float(wanted.max() - wanted.min())
        assert np.abs(real - wanted).mean() <= 0.02 * spread, seed


def test_values_fill_the_types_that_operators_state() -> None:
    """Every output lies within the bounds of its operator; only the last is int16."""
    for seed in range(8):
        _, network, images = random_network(seed, 4)
        for operator, value in zip(network.operators, every_value(network, images), strict=True):
            assert value.dtype == operator.dtype
            assert value.shape == (4, *operator.shape)
            if not isinstance(operator, ops.Lookup):
                assert value.min() >= operator.low
                assert value.max() <= operator.high
            assert operator is network.operators[-1] or operator.dtype is np.int8


def test_biases_are_corrected() -> None:
    """The mean of each output over the calibration images is the float network's."""
    model, network, images = random_network(5, 200)
    assert network.activation == "sigmoid"
    logits = network.real_outputs(predict(network, images))
    assert np.abs(logits.mean(axis=0) - model.predict(images).mean(axis=0)).max() < 0.01


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (sn.LayerNormalization(), "LayerNormalization"),
        (sn.Conv2DTranspose(4, 3), "Conv2DTranspose"),
        (sn.UpSampling2D(2, "bilinear"), "UpSampling2D"),
        (sn.PReLU(), "PReLU"),
        (sn.Softmax(), "Softmax"),
    ],
)
def test_refuses_other_layers_by_name(layer: sn.layers.Layer, name: str) -> None:
    """An unsupported layer is named, with the place where supported ones are listed."""
    model = sn.Sequential([sn.Input((8, 8, 1)), layer, sn.Flatten(), sn.Dense(3)])
    images = np.zeros((2, 8, 8, 1), np.uint8)
    with pytest.raises(ModelError, match=f"{name} is unsupported in int8.*int8.md"):
        quantize(model.graph, (8, 8, 1), model.parameters, images)


def test_refuses_no_images() -> None:
    """Calibration needs an image."""
    model = random_model(0, SMALL)
    with pytest.raises(ModelError, match="no calibration images"):
        quantize(model.graph, SMALL, model.parameters, np.zeros((0, *SMALL), np.uint8))
