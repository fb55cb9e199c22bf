"""Equalized channels: the same function by NumPy's arithmetic, and integers that follow it."""

from __future__ import annotations

import numpy as np
import pytest

import spritenet as sn
from integer_networks import random_images
from spritenet.quantization import calibrate, calibration
from spritenet.quantization.equalization import equalize
from spritenet.quantization.folding import FoldedNetwork, fold
from spritenet.quantization.reference import predict

SHAPE = (12, 11, 2)


def random_model(layers: list[sn.layers.Layer], spread: float = 3.0) -> sn.Model:
    """A chain of layers whose channels differ up to e^(2 spread)-fold in size."""
    random = np.random.default_rng(0)
    model = sn.Sequential([sn.Input(SHAPE), *layers])
    weights = []
    for name, array in model.weights.items():
        drawn = random.normal(0, 0.3, array.shape)
        if name.endswith(("variance", "gamma")):
            drawn = random.uniform(0.5, 2, array.shape)
        weights.append(drawn * np.exp(random.uniform(-spread, spread, array.shape[-1])))
    model.set_weights(weights)
    return model


def by_numpy(folded: FoldedNetwork, images: np.ndarray) -> np.ndarray:
    """A chain of folded steps, in float64."""
    scale, offset = folded.rescaling
    x = images.astype(np.float64) * scale + offset
    for step in folded.steps:
        (top, bottom, left, right), rows = step.window.padding, step.window.size[0]
        columns, (down, across) = step.window.size[1], step.window.strides
        high, wide, many = step.shape
        if step.kind == "lookup":
            x = np.where(x < 0, 0.3 * x, x)
            continue
        if step.kind == "dense":
            x = (x.reshape(len(x), -1) @ step.kernel + step.bias).reshape(len(x), 1, 1, -1)
        elif step.kind != "reshaping":
            filled = -np.inf if step.kind == "max_pooling" else 0.0
            sides = ((0, 0), (top, bottom), (left, right), (0, 0))
            x = np.pad(x, sides, constant_values=filled)
            out = np.zeros((len(x), high, wide, many))
            for i, j in np.ndindex(high, wide):
                part = x[:, i * down : i * down + rows, j * across : j * across + columns]
                if step.kind == "max_pooling":
                    out[:, i, j] = part.max(axis=(1, 2))
                elif step.kind == "average_pooling":
                    out[:, i, j] = part.mean(axis=(1, 2))
                elif step.window.groups > 1:
                    out[:, i, j] = np.einsum("nhwc,hwc->nc", part, step.kernel[:, :, 0])
                else:
                    out[:, i, j] = np.einsum("nhwc,hwco->no", part, step.kernel)
            x = out + (step.bias if step.kind == "convolution" else 0.0)
        x = np.clip(x, *step.bounds)
    return x.reshape(len(x), -1)


CHAINS: dict[str, list[sn.layers.Layer]] = {
    "convolutions": [
        sn.Conv2D(6, 3, activation="relu"),
        sn.Conv2D(5, 3, 2, "same"),
        sn.LeakyReLU(0.3),
        sn.Flatten(),
        sn.Dense(4, activation="relu"),
        sn.Dense(3),
    ],
    "normalized and pooled": [
        sn.Conv2D(6, 3, use_bias=False),
        sn.BatchNormalization(scale=False),
        sn.MaxPooling2D(2),
        sn.ReLU(),
        sn.Conv2D(5, 3, padding="same", use_bias=False),
        sn.BatchNormalization(center=False),
        sn.ReLU(),
        sn.GlobalAveragePooling2D(),
        sn.Dense(3),
    ],
    "separable": [
        sn.Conv2D(6, 1, activation="relu"),
        sn.DepthwiseConv2D(3, padding="same"),
        sn.ReLU(),
        sn.SeparableConv2D(5, 3),
        sn.Flatten(),
        sn.Dense(3),
    ],
}


@pytest.mark.parametrize("name", CHAINS)
def test_the_function_stays(name: str) -> None:
    """Other weights, the same outputs."""
    model = random_model(CHAINS[name])
    images = random_images(1, model, 40)
    folded = fold(model.graph, SHAPE, model.parameters)
    changed = equalize(folded.graph, SHAPE, model.parameters, images)
    assert changed.dtype == np.float32
    assert not np.allclose(changed, model.parameters)
    wanted = by_numpy(folded, images)
    assert np.allclose(wanted, model.predict(images), rtol=1e-4, atol=1e-4 * np.abs(wanted).max())
    found = by_numpy(fold(model.graph, SHAPE, changed), images)
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()


def test_the_integers_are_as_good_as_of_equal_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Channels up to a thousand times larger and smaller cost nothing, and much without."""
    model = random_model(CHAINS["convolutions"], spread=0.0)
    images = random_images(1, model, 40)
    wanted = model.predict(images)
    equal = calibrate(model.graph, SHAPE, model.parameters, images)
    weights = model.get_weights()
    factors = np.exp(np.random.default_rng(3).uniform(-3.5, 3.5, 6)).astype(np.float32)
    weights[0] *= factors
    weights[1] *= factors
    weights[2] /= factors[:, None]
    model.set_weights(weights)
    assert np.allclose(model.predict(images), wanted, atol=1e-4 * np.abs(wanted).max())
    found = calibrate(model.graph, SHAPE, model.parameters, images)
    assert not np.array_equal(found.parameters, model.parameters)
    outputs = found.network.real_outputs(predict(found.network, images))
    assert found.error == pytest.approx(float(np.square(outputs - wanted).mean()), rel=0.01)
    assert found.error < 1.5 * equal.error
    monkeypatch.setattr(calibration, "equalize", lambda _graph, _shape, given, _images: given)
    without = calibrate(model.graph, SHAPE, model.parameters, images)
    assert found.error < without.error / 10


@pytest.mark.parametrize(
    "between", [sn.ReLU(6.0), sn.Activation("sigmoid"), sn.ReLU(threshold=1.0), sn.ELU()]
)
def test_other_activations_are_left_alone(between: sn.layers.Layer) -> None:
    """A factor doesn't pass through what bends at a value of its own."""
    model = random_model([sn.Conv2D(6, 3), between, sn.Conv2D(5, 3), sn.Flatten()])
    images = random_images(1, model, 20)
    given = model.parameters
    assert equalize(model.graph, SHAPE, given, images) is given


def test_two_readers_are_left_alone() -> None:
    """A channel that another layer reads, too, keeps its size."""
    images = sn.Input(SHAPE)
    x = sn.Conv2D(4, 3, padding="same")(images)
    model = sn.Model(images, sn.Add()([x, sn.Conv2D(4, 3, padding="same")(x)]))
    drawn = random_images(1, model, 20)
    given = model.parameters
    assert equalize(model.graph, SHAPE, given, drawn) is given


def test_dead_channels_keep_their_weights() -> None:
    """Nothing is divided by the size of a channel that is always 0."""
    model = random_model([sn.Conv2D(6, 3, activation="relu"), sn.Flatten(), sn.Dense(3)])
    weights = model.get_weights()
    weights[0][..., 2] = 0
    weights[1][2] = -1
    model.set_weights(weights)
    images = random_images(1, model, 20)
    folded = fold(model.graph, SHAPE, model.parameters)
    changed = equalize(folded.graph, SHAPE, model.parameters, images)
    assert np.isfinite(changed).all()
    model.set_weights(weights)
    assert by_numpy(fold(model.graph, SHAPE, changed), images) == pytest.approx(
        by_numpy(folded, images), rel=1e-4, abs=1e-4
    )
