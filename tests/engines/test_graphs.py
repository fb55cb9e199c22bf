"""Networks that branch, batch normalisation, frozen weights: the core against PyTorch."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from layer_cases import near
from spritenet import layers as kinds
from spritenet.core import structs
from spritenet.engines import native
from spritenet.engines.engine import Examples
from spritenet.errors import ModelError
from spritenet.layers import Layer
from spritenet.losses import CategoricalCrossentropy, Loss, MeanSquaredError
from spritenet.optimizers import SGD, Adam
from torch_graph import TorchGraph

torch = pytest.importorskip("torch")

SHAPE = (9, 8, 3)
Nodes = list[tuple[Any, tuple[int, ...]]]


def node(class_name: str, *, trainable: bool = True, **values: object) -> Layer:
    """A layer of the core that has no class here, or is frozen."""
    return cast(
        "Layer",
        SimpleNamespace(class_name=class_name, label=class_name, trainable=trainable, **values),
    )


def normalization(*, trainable: bool = True, **values: object) -> Layer:
    """BatchNormalization with Keras's defaults."""
    defaults = {"momentum": 0.9, "epsilon": 1e-3, "center": True, "scale": True}
    penalties = {"beta_regularizer": None, "gamma_regularizer": None}
    return node("BatchNormalization", trainable=trainable, **{**defaults, **penalties, **values})


def padding(*sides: int) -> Layer:
    """ZeroPadding2D by top, bottom, left, right."""
    return node("ZeroPadding2D", padding=sides)


def convolution(filters: int, size: int = 3, activation: str = "linear") -> kinds.Conv2D:
    """Conv2D that keeps the size."""
    return kinds.Conv2D(filters, size, padding="same", activation=activation)


def frozen(layer: Layer) -> Layer:
    """The same layer, its weights left as they are."""
    values = {f.name: getattr(layer, f.name) for f in fields(layer)}
    return node(layer.class_name, trainable=False, **values)


RESCALING = (kinds.Rescaling(1 / 128, -0.9), (-1,))
END: Nodes = [(kinds.Flatten(), (-2,)), (kinds.Dense(4, "softmax"), (-2,))]

NETWORKS: dict[str, Nodes] = {
    "residual": [
        RESCALING,
        (convolution(5, activation="relu"), (0,)),
        (convolution(5, activation="tanh"), (1,)),
        (convolution(5), (2,)),
        (node("Add"), (1, 3)),
        (kinds.ReLU(), (4,)),
        (kinds.MaxPooling2D(2), (5,)),
        *END,
    ],
    "many channels": [
        RESCALING,
        (convolution(17, 5, "relu"), (0,)),
        (kinds.Conv2D(33, (5, 4), (2, 1), activation="tanh"), (1,)),
        (kinds.Conv2D(16, (1, 3), (1, 2)), (2,)),
        (kinds.Conv2D(18, 1), (3,)),
        *END,
    ],
    "a tensor added to itself and to others": [
        RESCALING,
        (convolution(4, activation="elu"), (0,)),
        (node("Add"), (1, 1, 1)),
        (node("Multiply"), (2, 1, 2)),
        (kinds.Activation("gelu"), (3,)),
        (node("Add"), (4, 2)),
        *END,
    ],
    "dense blocks": [
        RESCALING,
        (convolution(3, activation="sigmoid"), (0,)),
        (node("Concatenate"), (0, 1)),
        (convolution(2, 5, "leaky_relu"), (2,)),
        (node("Concatenate"), (2, 3, 1)),
        (kinds.GlobalMaxPooling2D(), (4,)),
        (kinds.GlobalAveragePooling2D(), (4,)),
        (node("Concatenate"), (5, 6)),
        (kinds.Dense(6, "relu"), (7,)),
        (node("Multiply"), (8, 8)),
        (kinds.Dense(4, "softmax"), (9,)),
    ],
    "one image read twice, flattened and not": [
        (convolution(3), (-1,)),
        (kinds.Rescaling(1 / 255), (-1,)),
        (convolution(3, activation="relu6"), (1,)),
        (kinds.Flatten(), (2,)),
        (kinds.Rescaling(1 / 255), (0,)),
        (kinds.MaxPooling2D(3, 2), (4,)),
        (kinds.Flatten(), (5,)),
        (kinds.GlobalAveragePooling2D(), (2,)),
        (node("Concatenate"), (3, 6, 7)),
        (kinds.Dense(4), (8,)),
        (kinds.Softmax(), (9,)),
        (node("Multiply"), (9, 10)),
        (kinds.Softmax(), (11,)),
    ],
    "padding": [
        RESCALING,
        (convolution(4, activation="relu"), (0,)),
        (padding(1, 2, 0, 3), (1,)),
        (kinds.Activation("sigmoid"), (2,)),
        (kinds.DepthwiseConv2D(3, 2, depth_multiplier=2, activation="relu"), (3,)),
        *END,
    ],
    "normalised": [
        RESCALING,
        (convolution(20, activation="relu"), (0,)),
        (normalization(), (1,)),
        (kinds.ReLU(), (2,)),
        (convolution(17), (3,)),
        (normalization(scale=False), (4,)),
        (kinds.Activation("tanh"), (5,)),
        (kinds.MaxPooling2D(2), (6,)),
        (kinds.Flatten(), (7,)),
        (kinds.Dense(9), (8,)),
        (normalization(center=False), (9,)),
        (kinds.Dense(4, "softmax"), (10,)),
    ],
    "normalised first and without weights, in branches": [
        (normalization(), (-1,)),
        (convolution(4), (0,)),
        (normalization(scale=False, center=False), (1,)),
        (kinds.DepthwiseConv2D(3, padding="same"), (0,)),
        (normalization(), (1,)),
        (node("Concatenate"), (2, 3, 4)),
        (convolution(3, activation="relu"), (5,)),
        *END,
    ],
    "frozen": [
        RESCALING,
        (frozen(convolution(5, activation="relu")), (0,)),
        (normalization(trainable=False), (1,)),
        (convolution(5), (2,)),
        (normalization(trainable=False), (3,)),
        (kinds.Flatten(), (4,)),
        (kinds.Dense(4, "softmax"), (5,)),
    ],
}


def parts(name: str) -> tuple[list[Layer], list[tuple[int, ...]]]:
    """The layers and their inputs; -2 stands for the one before."""
    nodes = NETWORKS[name]
    inputs = [
        tuple(place - 1 if source == -2 else source for source in sources)
        for place, (_, sources) in enumerate(nodes)
    ]
    return [layer for layer, _ in nodes], inputs


def begin(network: native.Network, seed: int = 1) -> NDArray[np.float32]:
    """Random parameters; variances are positive."""
    random = np.random.default_rng(seed)
    parameters = random.normal(0, 0.3, network.parameter_count).astype(np.float32)
    for w in network.weights:
        here = slice(w.offset, w.offset + int(np.prod(w.shape)))
        if w.name in ("moving_variance", "gamma"):
            parameters[here] = np.abs(parameters[here]) + 0.5
    return parameters


def some(count: int) -> Examples:
    """Random examples with weights."""
    random = np.random.default_rng(2)
    return Examples(
        random.integers(0, 256, (count, *SHAPE), dtype=np.uint8),
        random.integers(0, 4, count, dtype=np.int32),
        weights=random.uniform(0.2, 2, count).astype(np.float32),
    )


@pytest.mark.parametrize("count", [1, 16, 37])
@pytest.mark.parametrize("loss", [CategoricalCrossentropy(), MeanSquaredError()], ids=["ce", "mse"])
@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_and_gradients_are_pytorchs(name: str, loss: Loss, count: int) -> None:
    """Predictions, one image's and many; loss and gradient of whole and partial slabs."""
    layers, inputs = parts(name)
    network = native.Network(layers, SHAPE, inputs=inputs, batch_size=count, threads=2)
    viewer = native.Network(layers, SHAPE, inputs=inputs, threads=2)
    parameters, examples, rows = begin(network), some(count), np.arange(count)[::-1].copy()
    theirs = TorchGraph(*parts(name), network.weights)
    with torch.no_grad():
        shown = theirs.outputs(
            torch.tensor(parameters.astype(np.float64)), examples.images, training=False
        )
    expected = torch.softmax(shown[-1], 1).numpy()
    for ours in (network, viewer):
        near(ours.predict(parameters, examples.images), expected, 1e-4)
        near(ours.predict(parameters, examples.images[:1]), expected[:1], 1e-4)
    seen = viewer.activations(parameters, examples.images[0])
    for mine, other in zip(seen[:-1], shown[:-1], strict=True):
        one = other[0].permute(1, 2, 0) if other.ndim == 4 else other[0]
        near(mine.ravel(), one.numpy().ravel(), 1e-4)
    if "normalised" in name and count == 1:
        return  # one image of a vector has no deviation
    at = torch.tensor(parameters.astype(np.float64), requires_grad=True)
    value = theirs.loss(at, examples, rows, loss)
    value.backward()
    got, gradient = network.gradient(parameters, examples, rows, loss)
    assert got == pytest.approx(value.item(), rel=1e-4)
    slopes = at.grad.numpy()
    for w in network.weights:
        here = slice(w.offset, w.offset + int(np.prod(w.shape)))
        if not w.trainable:
            assert not gradient[here].any()
            slopes[here] = 0
    near(gradient, slopes, 2e-3)


@pytest.mark.parametrize("name", NETWORKS)
def test_any_number_of_threads_gives_the_same_bits(name: str) -> None:
    """Sums over slabs have one order, those of a batch's statistics too."""
    layers, inputs = parts(name)
    results = []
    for threads in (1, 2, 3):
        network = native.Network(layers, SHAPE, inputs=inputs, batch_size=50, threads=threads)
        parameters, examples = begin(network), some(120)
        slots = np.zeros((2, parameters.size), np.float32)
        steps = network.train(
            parameters,
            slots,
            examples,
            loss=CategoricalCrossentropy(),
            optimizer=Adam(global_clipnorm=1.0),
            learning_rates=np.full(9, 0.01, np.float32),
            first_step=0,
            batch_size=50,
            seed=3,
        )
        assert len(steps) == 9
        score = network.evaluate(parameters, examples, CategoricalCrossentropy())
        results.append((parameters.tobytes(), slots.tobytes(), steps.losses.tobytes(), score))
    assert results[0] == results[1] == results[2]


def test_training_moves_averages_as_keras_does_and_leaves_frozen_weights_alone() -> None:
    """One step of SGD: moving averages by momentum, the rest by the gradient; frozen: nothing."""
    for name in ("normalised", "normalised first and without weights, in branches", "frozen"):
        layers, inputs = parts(name)
        network = native.Network(layers, SHAPE, inputs=inputs, batch_size=37, threads=2)
        parameters, examples, rows = begin(network), some(37), np.arange(37)
        before = parameters.copy()
        theirs = TorchGraph(*parts(name), network.weights)
        at = torch.tensor(before.astype(np.float64), requires_grad=True)
        theirs.loss(at, examples, rows, CategoricalCrossentropy()).backward()
        network.train(
            parameters,
            np.zeros((0, parameters.size), np.float32),
            examples,
            loss=CategoricalCrossentropy(),
            optimizer=SGD(0.1),
            learning_rates=np.full(1, 0.1, np.float32),
            first_step=0,
            batch_size=37,
            seed=3,
            indices=rows,
        )
        for w in network.weights:
            here = slice(w.offset, w.offset + int(np.prod(w.shape)))
            if w.trainable:
                near(parameters[here], before[here] - 0.1 * at.grad.numpy()[here], 1e-3)
            elif w.layer in theirs.moving:
                new = theirs.moving[w.layer][w.name == "moving_variance"]
                near(parameters[here], new.numpy(), 1e-4)
            else:
                np.testing.assert_array_equal(parameters[here], before[here])


def test_a_step_that_diverges_leaves_moving_averages_as_they_were() -> None:
    """Parameters are those before the step, all of them."""
    layers, inputs = parts("normalised")
    network = native.Network(layers, SHAPE, inputs=inputs, batch_size=20, threads=2)
    parameters, examples = begin(network), some(20)
    parameters[-1] = np.nan  # the last bias
    before = parameters.copy()
    steps = network.train(
        parameters,
        np.zeros((0, parameters.size), np.float32),
        examples,
        loss=CategoricalCrossentropy(),
        optimizer=SGD(0.1),
        learning_rates=np.full(2, 0.1, np.float32),
        first_step=0,
        batch_size=20,
        seed=0,
    )
    assert steps.diverged
    assert len(steps) == 0
    np.testing.assert_array_equal(parameters, before)


@pytest.mark.parametrize("size", [9, 150])
def test_reused_memory_changes_no_bit(size: int) -> None:
    """Also of large images, which go through the network one by one; borders are zeros again."""
    layers: list[Layer] = [
        kinds.Rescaling(1 / 128, -0.9),
        convolution(16, 5, "relu"),
        kinds.DepthwiseConv2D(3, padding="same"),
        kinds.ReLU(),
        normalization(),  # not folded: an activation is between
        convolution(16),
        node("Add"),
        kinds.MaxPooling2D(2),
        convolution(4, activation="tanh"),
        kinds.GlobalAveragePooling2D(),
        kinds.Dense(4, "softmax"),
    ]
    inputs: list[tuple[int, ...]] = [(i - 1,) for i in range(len(layers))]
    inputs[6] = (5, 1)
    shape = (size, size + 1, 3)
    random = np.random.default_rng(3)
    examples = Examples(
        random.integers(0, 256, (21, *shape), dtype=np.uint8),
        random.integers(0, 4, 21, dtype=np.int32),
    )
    results = []
    for keep in (True, False):
        network = native.Network(layers, shape, inputs=inputs, threads=2, keep_outputs=keep)
        parameters = begin(network)
        many = network.predict(parameters, examples.images)
        one = network.predict(parameters, examples.images[:1])
        results.append(
            (many, one, network.evaluate(parameters, examples, CategoricalCrossentropy()))
        )
        seen = network.activations(parameters, examples.images[0])
        np.testing.assert_array_equal(seen[-1].ravel(), one[0])
    (many, one, score), (fewer, same, other) = results
    np.testing.assert_allclose(fewer, many, rtol=0, atol=1e-5 if size > 9 else 0)
    np.testing.assert_array_equal(one, same)
    assert other.correct == score.correct
    assert other.loss_sum == pytest.approx(score.loss_sum, rel=1e-5)


def test_a_network_that_trains_keeps_its_memory() -> None:
    """The core refuses to reuse what a training needs."""
    spec = structs.CSpec
    layers, inputs = parts("residual")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structs, "CSpec", lambda *values: spec(*values[:-1], 1))
        with pytest.raises(ModelError, match="can't reuse its memory"):
            native.Network(layers, SHAPE, inputs=inputs, batch_size=8)
