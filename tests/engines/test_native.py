"""The compiled core computes what the reference engine does, on every build this processor runs.

The reference is checked against PyTorch and finite differences in test_reference.py.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from builds import examples
from engine_cases import begin, networks, some
from reference import Network as Reference
from reference import core_mask
from spritenet import layers as kinds
from spritenet.dataset import Split
from spritenet.engines import native
from spritenet.engines.engine import Examples
from spritenet.errors import ModelError
from spritenet.layers import Layer
from spritenet.losses import CategoricalCrossentropy, Loss, MeanSquaredError
from spritenet.networks import NETWORKS
from spritenet.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from spritenet.regularizers import L2

Drawn = tuple[list[Layer], tuple[int, int, int]]

LARGEST = 600.0
"""Of an image's loss: the reference computes it from a probability of 1e-300 or more."""

SMALL: list[Layer] = [
    kinds.Rescaling(1 / 255),
    kinds.Conv2D(4, 3, activation="relu", kernel_regularizer=L2(0.01)),
    kinds.MaxPooling2D(2),
    kinds.Flatten(),
    kinds.Dense(5, activation="softmax", bias_regularizer=L2(0.01)),
]


def start(layers: list[Layer], shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Random float32 parameters."""
    return begin(Reference(layers, shape), layers, shape).astype(np.float32)


def near(got: NDArray[np.float32], expected: NDArray[np.floating], tolerance: float) -> None:
    """Equal up to a share of the largest value: float32 sums of many products.

    Products are near 1, so what cancels to nothing in float64 leaves some 1e-7 in float32.
    """
    scale = max(5e-4, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance * scale)


def gradient_away_from_kinks(
    reference: Reference,
    parameters: NDArray[np.float32],
    examples: Examples,
    indices: NDArray[np.int64],
    loss: Loss,
) -> tuple[float, NDArray[np.float32]]:
    """The reference's loss and gradient, unless some relu or maximum hangs in the balance.

    There float32 may decide otherwise than float64, and both are right. Parameters moved a little,
    one way and the other, show it: one of the two falls on the other side.
    """
    value, gradient = reference.gradient(parameters, examples, indices, loss)
    move = np.random.default_rng(3).normal(0, 1e-6, parameters.size)
    for way in (move, -move):
        near_by = reference.gradient(parameters + way, examples, indices, loss)[1]
        assume(np.linalg.norm(near_by - gradient) <= 2e-4 * np.linalg.norm(gradient) + 1e-7)
    return value, gradient


@settings(max_examples=examples(150))
@given(networks(), st.integers(1, 40), st.booleans())
def test_random_networks_predict_and_learn_alike(drawn: Drawn, count: int, weighted: bool) -> None:
    """Outputs, loss and gradient of networks of all layers and shapes, whole and partial slabs."""
    layers, shape = drawn
    parameters = start(layers, shape)
    examples = some(shape, count, 4, weighted=weighted)
    loss = CategoricalCrossentropy()
    ours = native.Network(layers, shape, batch_size=count)
    theirs = Reference(layers, shape)
    assert ours.parameter_count == theirs.parameter_count
    near(
        ours.predict(parameters, examples.images), theirs.predict(parameters, examples.images), 1e-4
    )
    indices = np.arange(count)[::-1].copy()
    value, gradient = ours.gradient(parameters, examples, indices, loss)
    assume(value < LARGEST / count)
    expected, slopes = gradient_away_from_kinks(theirs, parameters, examples, indices, loss)
    assert value == pytest.approx(expected, rel=1e-4)
    near(gradient, slopes, 2e-3)
    assert np.linalg.norm(gradient - slopes) <= 1e-3 * np.linalg.norm(slopes) + 1e-6


@st.composite
def wide_networks(draw: st.DrawFn) -> Drawn:
    """One convolution and one dense layer with many channels, as kernels work in blocks of them."""
    shape = (draw(st.integers(5, 11)), draw(st.integers(5, 11)), draw(st.integers(1, 4)))
    size, stride = draw(st.integers(1, 5)), draw(st.integers(1, 2))
    padding = draw(st.sampled_from(["valid", "same"]))
    layers: list[Layer] = [
        kinds.Rescaling(1 / 255),
        kinds.Conv2D(draw(st.integers(1, 40)), 1, activation="tanh"),
        kinds.Conv2D(draw(st.integers(1, 70)), size, stride, padding, "relu"),
        kinds.MaxPooling2D(draw(st.integers(1, 2)), padding="same"),
        kinds.Flatten(),
        kinds.Dense(draw(st.integers(1, 130)), "elu"),
        kinds.Dense(4, "softmax"),
    ]
    return layers, shape


def compare_gradients(layers: list[Layer], shape: tuple[int, int, int], count: int) -> None:
    """Loss and gradient of one batch, ours and the reference's."""
    examples = some(shape, count, 4, weighted=True)
    parameters = start(layers, shape) * np.float32(0.3)
    ours = native.Network(layers, shape, batch_size=count)
    indices = np.arange(count)
    value, gradient = ours.gradient(parameters, examples, indices, CategoricalCrossentropy())
    expected, slopes = gradient_away_from_kinks(
        Reference(layers, shape), parameters, examples, indices, CategoricalCrossentropy()
    )
    assert value == pytest.approx(expected, rel=1e-4)
    assert np.linalg.norm(gradient - slopes) <= 1e-3 * np.linalg.norm(slopes) + 1e-6


@settings(max_examples=examples(60))
@given(wide_networks(), st.integers(1, 35))
def test_many_channels_learn_alike(drawn: Drawn, count: int) -> None:
    """Whole blocks of channels and what remains."""
    compare_gradients(*drawn, count)


CHAINS = [name for name in NETWORKS if name not in {"accurate", "mobile"}]


@pytest.mark.parametrize("name", CHAINS)  # test_random_graphs.py has those that branch
def test_networks_with_a_name_learn_alike(name: str) -> None:
    """At their real size, with a slab and a bit; among so many values a kink hardly counts."""
    split = Split(np.zeros((4, 28, 28, 1), np.uint8), np.arange(4, dtype=np.int32), tuple("abcd"))
    layers, shape = NETWORKS[name](split).layers, (28, 28, 1)
    examples, indices = some(shape, 19, 4, weighted=True), np.arange(19)
    parameters = start(layers, shape) * np.float32(0.3)
    loss = CategoricalCrossentropy()
    ours, theirs = native.Network(layers, shape, batch_size=19), Reference(layers, shape)
    value, gradient = ours.gradient(parameters, examples, indices, loss)
    expected, slopes = theirs.gradient(parameters, examples, indices, loss)
    assert value == pytest.approx(expected, rel=1e-4)
    assert np.linalg.norm(gradient - slopes) <= 1e-3 * np.linalg.norm(slopes)


@settings(max_examples=examples(40))
@given(networks(), st.integers(1, 20))
def test_activations_are_every_layers_outputs(drawn: Drawn, seed: int) -> None:
    """Layer by layer, for one image."""
    layers, shape = drawn
    parameters = start(layers, shape)
    image = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    ours = native.Network(layers, shape).activations(parameters, image)
    theirs = Reference(layers, shape).activations(parameters, image)
    assert len(ours) == len(theirs)
    for got, expected in zip(ours, theirs, strict=True):
        near(got.ravel(), expected.ravel(), 1e-4)


@pytest.mark.parametrize(
    ("loss", "last"),
    [
        (CategoricalCrossentropy(), "softmax"),
        (CategoricalCrossentropy(label_smoothing=0.2), "softmax"),
        (CategoricalCrossentropy(from_logits=True), "linear"),
        (CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), "linear"),
        (MeanSquaredError(), "softmax"),
        (MeanSquaredError(), "sigmoid"),
        (MeanSquaredError(), "linear"),
        (MeanSquaredError(), "gelu"),
        (MeanSquaredError(), "elu"),
    ],
)
@pytest.mark.parametrize("kind", ["labels", "targets"])
@pytest.mark.parametrize("weighted", [False, True])
def test_each_loss(loss: Loss, last: str, kind: str, weighted: bool) -> None:
    """Evaluation and gradient for every loss, with labels and with targets, weighted or not."""
    layers = [*SMALL[:-1], kinds.Dense(5, activation=last)]
    shape = (9, 8, 2)
    parameters = start(layers, shape)
    examples = some(shape, 37, 5, weighted=weighted)
    if kind == "targets":
        targets = np.random.default_rng(1).dirichlet(np.ones(5), 37).astype(np.float32)
        examples = Examples(examples.images, None, targets, examples.weights)
    ours, theirs = native.Network(layers, shape, batch_size=37), Reference(layers, shape)
    indices = np.arange(37)
    value, gradient = ours.gradient(parameters, examples, indices, loss)
    expected, slopes = theirs.gradient(parameters, examples, indices, loss)
    assert value == pytest.approx(expected, rel=1e-5)
    near(gradient, slopes, 1e-4)
    got = ours.evaluate(parameters, examples, loss, first=3, count=30)
    right = theirs.evaluate(parameters, examples, loss, first=3, count=30)
    assert got.loss_sum == pytest.approx(right.loss_sum, rel=1e-5)
    assert got.l2 == pytest.approx(right.l2, rel=1e-5)
    assert (got.correct, got.count) == (right.correct, right.count)


OPTIMIZERS: list[Optimizer] = [
    SGD(0.1),
    SGD(0.1, momentum=0.9),
    SGD(0.1, momentum=0.9, nesterov=True),
    SGD(0.1, weight_decay=0.1),
    SGD(0.5, global_clipnorm=0.05),
    RMSprop(0.01),
    RMSprop(0.01, rho=0.8, momentum=0.5, epsilon=1e-3),
    Adam(0.01),
    Adam(0.01, beta_1=0.8, beta_2=0.9, epsilon=1e-3, global_clipnorm=0.1),
    AdamW(0.01, weight_decay=0.1),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
@pytest.mark.parametrize("first_step", [0, 7])
def test_each_optimizer(optimizer: Optimizer, first_step: int) -> None:
    """Six updates, in the order of the seed, over the end of an epoch whose last batch is small."""
    shape = (9, 8, 2)
    examples = some(shape, 37, 5, weighted=True)
    loss = CategoricalCrossentropy()
    rates = (optimizer.schedule(np.arange(6)) * np.linspace(1, 0.5, 6)).astype(np.float32)
    ours, theirs = native.Network(SMALL, shape, batch_size=16), Reference(SMALL, shape)
    got = start(SMALL, shape)
    random = np.random.default_rng(2)
    slots = random.uniform(0, 1e-3, (len(optimizer.slots), got.size)).astype(np.float32)
    expected, expected_slots = got.astype(np.float64), slots.astype(np.float64)
    how: dict[str, Any] = {
        "loss": loss,
        "optimizer": optimizer,
        "learning_rates": rates,
        "first_step": first_step,
        "batch_size": 16,
        "seed": 11,
    }
    steps = ours.train(got, slots, examples, **how)
    right = theirs.train(expected, expected_slots, examples, **how)
    np.testing.assert_allclose(steps.losses, right.losses, rtol=1e-4)
    np.testing.assert_array_equal(steps.correct, right.correct)
    near(got, expected, 2e-4)
    near(slots, expected_slots, 2e-3)


def test_given_indices_are_the_batches() -> None:
    """With indices the seed's order is not used."""
    shape = (9, 8, 2)
    examples = some(shape, 20, 5, weighted=False)
    indices = np.array([3, 3, 1, 19, 0, 7, 7, 2], np.int64)
    ours, theirs = native.Network(SMALL, shape, batch_size=4), Reference(SMALL, shape)
    got = start(SMALL, shape)
    expected = got.astype(np.float64)
    none = np.zeros((0, got.size), np.float32)
    how: dict[str, Any] = {
        "loss": CategoricalCrossentropy(),
        "optimizer": SGD(),
        "learning_rates": np.full(2, 0.1, np.float32),
        "first_step": 0,
        "batch_size": 4,
        "seed": 0,
        "indices": indices,
    }
    ours.train(got, none, examples, **how)
    theirs.train(expected, none, examples, **how)
    near(got, expected, 1e-5)


DROPPED: list[Layer] = [
    kinds.Rescaling(1 / 255),
    kinds.Conv2D(3, 3, activation="elu"),
    kinds.Dropout(0.3),
    kinds.MaxPooling2D(2),
    kinds.Flatten(),
    kinds.Dense(6, activation="tanh"),
    kinds.Dropout(0.5),
    kinds.Dense(4, activation="softmax"),
]


def test_dropout_is_the_documented_hash() -> None:
    """Dropout masks depend on seed, step, layer and position, not on threads or vectors."""
    shape = (8, 7, 1)
    examples = some(shape, 21, 4, weighted=False)
    ours = native.Network(DROPPED, shape, batch_size=21)
    theirs = Reference(DROPPED, shape, mask=core_mask(DROPPED))
    got = start(DROPPED, shape)
    expected = got.astype(np.float64)
    how: dict[str, Any] = {
        "loss": CategoricalCrossentropy(),
        "optimizer": SGD(),
        "learning_rates": np.full(3, 0.2, np.float32),
        "first_step": 5,
        "batch_size": 21,
        "seed": 2**63 + 5,
    }
    none = np.zeros((0, got.size), np.float32)
    steps = ours.train(got, none, examples, **how)
    right = theirs.train(expected, none, examples, **how)
    np.testing.assert_allclose(steps.losses, right.losses, rtol=1e-4)
    near(got, expected, 1e-4)


def test_dropout_keeps_the_promised_share_and_sleeps_outside_training() -> None:
    """Over many values the share dropped is the rate; evaluation and prediction drop nothing."""
    mask = core_mask([kinds.Dropout(0.3)])(1, 2)(0, (200, 500))
    assert 1 - mask.mean() == pytest.approx(0.3, abs=0.005)
    shape = (8, 7, 1)
    images = some(shape, 9, 4, weighted=False).images
    parameters = start(DROPPED, shape)
    without = [layer for layer in DROPPED if not isinstance(layer, kinds.Dropout)]
    np.testing.assert_array_equal(
        native.Network(DROPPED, shape).predict(parameters, images),
        native.Network(without, shape).predict(parameters, images),
    )


def trained(threads: int, pieces: list[int]) -> NDArray[np.float32]:
    """Parameters and slots after 12 updates on so many threads, in calls of so many updates."""
    shape = (12, 12, 1)
    examples = some(shape, 150, 4, weighted=True)
    network = native.Network(DROPPED, shape, batch_size=64, threads=threads)
    parameters = start(DROPPED, shape)
    slots = np.zeros((2, parameters.size), np.float32)
    step = 0
    for piece in pieces:
        network.train(
            parameters,
            slots,
            examples,
            loss=CategoricalCrossentropy(),
            optimizer=Adam(),
            learning_rates=np.full(piece, 0.01, np.float32),
            first_step=step,
            batch_size=64,
            seed=4,
        )
        step += piece
    return np.concatenate([parameters, slots.ravel()])


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_the_number_of_threads_changes_no_bit(threads: int) -> None:
    """Bit for bit the same weights and optimizer memory."""
    np.testing.assert_array_equal(trained(1, [12]), trained(threads, [12]))


def test_threads_put_aside_change_no_bit() -> None:
    """More threads than cores, so that slabs are left in the middle, and done again by others."""
    np.testing.assert_array_equal(trained(1, [400]), trained(8 * (os.cpu_count() or 1), [400]))


@pytest.mark.parametrize("pieces", [[1] * 12, [5, 7], [3, 1, 8]])
def test_how_updates_are_split_into_calls_changes_no_bit(pieces: list[int]) -> None:
    """So that Ctrl-C, evaluation and resuming leave no trace."""
    np.testing.assert_array_equal(trained(2, [12]), trained(2, pieces))


def test_a_loss_that_is_not_finite_stops_before_its_update() -> None:
    """The parameters are those before the step that diverged."""
    shape = (9, 8, 2)
    examples = some(shape, 16, 5, weighted=False)
    network = native.Network(SMALL, shape, batch_size=16)
    parameters = start(SMALL, shape)
    parameters[0] = np.nan
    before = parameters.copy()
    steps = network.train(
        parameters,
        np.zeros((0, parameters.size), np.float32),
        examples,
        loss=CategoricalCrossentropy(),
        optimizer=SGD(),
        learning_rates=np.full(3, 0.1, np.float32),
        first_step=0,
        batch_size=16,
        seed=0,
    )
    assert steps.diverged
    assert len(steps) == 0
    np.testing.assert_array_equal(parameters, before)


def test_layers_that_do_not_fit_are_refused() -> None:
    """A kernel larger than the image is the user's mistake, not a crash."""
    with pytest.raises(ModelError):
        native.Network(SMALL, (2, 2, 1))


def test_an_activation_whose_gradient_would_be_wrong_is_refused() -> None:
    """The core tells the sides of leaky_relu and elu apart by the output's sign."""
    for layer, field in ((kinds.ELU(0.0), "alpha"), (kinds.LeakyReLU(0.0), "negative_slope")):
        native.Network([kinds.Flatten(), layer], (2, 2, 1))
        object.__setattr__(layer, field, -0.5)
        with pytest.raises(ModelError, match=f"{field} must be a number of 0 or more"):
            native.Network([kinds.Flatten(), layer], (2, 2, 1))
