"""Layers that act at random in training: the documented hash, and PyTorch's gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from layer_cases import check, check_file, torch
from reference import random_words
from spritenet import layers as kinds
from spritenet.engines import native
from spritenet.engines.engine import Examples
from spritenet.errors import ModelError
from spritenet.layers import Layer
from spritenet.losses import MeanSquaredError
from spritenet.optimizers import SGD

SHAPE = (5, 6, 3)
COUNT, SEED, STEP, NODE = 21, 2**63 + 5, 7, 2
Change = tuple[NDArray[np.float64], NDArray[np.float64]]
"""The factor and the addend of each value; n h w c."""


def words(places: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The hash of each image's values."""
    return random_words(SEED, STEP, NODE, COUNT, places).reshape(COUNT, *SHAPE)


def everywhere() -> NDArray[np.uint32]:
    """The place of each value in its image."""
    return np.arange(np.prod(SHAPE), dtype=np.uint32)


def kept(places: NDArray[np.uint32], rate: float) -> NDArray[np.bool_]:
    """True for each value that is kept."""
    return (words(places) >> np.uint32(8)) >= int(np.float32(rate) * np.float32(1 << 24))


def normal() -> NDArray[np.float64]:
    """Teichroew's polynomial of a sum of twelve numbers of 16 bits."""
    total = np.zeros((COUNT, *SHAPE), np.int64)
    for k in range(6):
        h = words(everywhere() * np.uint32(6) + np.uint32(k)).astype(np.int64)
        total += (h >> 16) + (h & 0xFFFF)
    r = (total - 6 * 65535) / 4 / 65536
    s = r * r
    p = (((0.029899776 * s + 0.008355968) * s + 0.076542912) * s + 0.252408784) * s
    return np.asarray((p + 3.949846138) * r)


def dropped(rate: float) -> Change:
    """SpatialDropout2D's."""
    keep = kept(everywhere() % np.uint32(SHAPE[2]), rate) / (1 - rate)
    return keep, np.zeros_like(keep)


def alpha(rate: float) -> Change:
    """AlphaDropout's, as Keras writes it."""
    low = -1.6732632423543772 * 1.0507009873554805
    a = ((1 - rate) * (1 + rate * low**2)) ** -0.5
    keep = kept(everywhere(), rate)
    return a * keep, a * low * ~keep - a * low * rate


def label(value: object) -> str:
    """The name of a case."""
    return str(getattr(value, "class_name", ""))


CASES: list[tuple[Layer, Callable[[], Change]]] = [
    (kinds.SpatialDropout2D(0.4), lambda: dropped(0.4)),
    (kinds.AlphaDropout(0.3), lambda: alpha(0.3)),
    (kinds.GaussianNoise(0.5), lambda: (np.ones((COUNT, *SHAPE)), 0.5 * normal())),
    (
        kinds.GaussianDropout(0.2),
        lambda: (1 + 0.5 * normal(), np.zeros((COUNT, *SHAPE))),
    ),
]


@pytest.mark.parametrize(("layer", "change"), CASES, ids=label)
@pytest.mark.parametrize("threads", [1, 3])
def test_a_step_is_pytorchs(layer: Layer, change: Callable[[], Change], threads: int) -> None:
    """One step of SGD through the documented factors and offsets, on any number of threads."""
    layers = [
        kinds.Rescaling(1 / 64, -2),
        kinds.Conv2D(SHAPE[2], 1, activation="tanh"),
        layer,
        kinds.Flatten(),
        kinds.Dense(2),
    ]
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (COUNT, *SHAPE), dtype=np.uint8)
    targets = random.normal(size=(COUNT, 2)).astype(np.float32)
    network = native.Network(layers, SHAPE, batch_size=COUNT, threads=threads)
    begun = random.normal(0, 0.4, network.parameter_count).astype(np.float32)
    flat = torch.tensor(begun.astype(np.float64), requires_grad=True)
    kernel, bias, weights, last = (
        flat[w.offset : w.offset + int(np.prod(w.shape))].reshape(w.shape) for w in network.weights
    )
    x = torch.tensor(images.astype(np.float64)) / 64 - 2
    factor, offset = change()
    y = torch.tanh(x @ kernel.reshape(3, 3) + bias) * torch.tensor(factor) + torch.tensor(offset)
    outputs = y.reshape(COUNT, -1) @ weights + last
    loss = ((outputs - torch.tensor(targets.astype(np.float64))) ** 2).mean()
    loss.backward()
    moved = begun.copy()
    steps = network.train(
        moved,
        np.zeros((0, begun.size), np.float32),
        Examples(images, targets=targets),
        loss=MeanSquaredError(),
        optimizer=SGD(),
        learning_rates=np.full(1, 0.1, np.float32),
        indices=np.arange(COUNT),
        first_step=STEP,
        batch_size=COUNT,
        seed=SEED,
    )
    assert steps.losses[0] == pytest.approx(float(loss.detach()), rel=1e-4)
    expected = begun - 0.1 * flat.grad.numpy()
    np.testing.assert_allclose(moved, expected, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize(("layer", "_"), CASES, ids=label)
def test_it_sleeps_outside_training(layer: Layer, _: object) -> None:
    """Predictions and gradients without dropout are those of the input."""
    check(layer, SHAPE, lambda x, _: x[0])
    check_file(layer, SHAPE)


def test_the_noise_is_normal() -> None:
    """Mean, deviation, skewness, kurtosis and fractions beyond 1, 2 and 3 deviations."""
    values = np.concatenate([normal_of(step) for step in range(200)])
    assert abs(values.mean()) < 0.01
    assert values.std() == pytest.approx(1, abs=0.01)
    assert abs((values**3).mean()) < 0.03
    assert (values**4).mean() == pytest.approx(3, abs=0.1)
    for bound, fraction in ((1, 0.31731), (2, 0.04550), (3, 0.0026998)):
        assert (np.abs(values) > bound).mean() == pytest.approx(fraction, rel=0.1, abs=2e-4)


def normal_of(step: int) -> NDArray[np.float64]:
    """The core's own normal numbers: a network of one image's noise, read from a step's weights."""
    layers = [kinds.GaussianNoise(1.0), kinds.Flatten(), kinds.Dense(1, use_bias=False)]
    network = native.Network(layers, (30, 30, 1), batch_size=1)
    weights = np.zeros(900, np.float32)
    network.train(
        weights,
        np.zeros((0, 900), np.float32),
        Examples(np.zeros((1, 30, 30, 1), np.uint8), targets=np.ones((1, 1), np.float32)),
        loss=MeanSquaredError(),
        optimizer=SGD(),
        learning_rates=np.full(1, 0.5, np.float32),
        indices=np.zeros(1, np.int64),
        first_step=step,
        batch_size=1,
        seed=3,
    )
    return weights.astype(np.float64)  # 0.5 · 2 · (1 - 0) · noise


@pytest.mark.parametrize(
    "make",
    [
        lambda: kinds.SpatialDropout2D(1.0),
        lambda: kinds.AlphaDropout(-0.1),
        lambda: kinds.GaussianDropout(2),
        lambda: kinds.GaussianNoise(-1),
        lambda: kinds.SpatialDropout2D(0.5).output_shape((4,)),
    ],
)
def test_wrong_arguments_are_refused_in_a_line(make: Callable[[], object]) -> None:
    """Rates outside 0 ≤ rate < 1, a negative deviation, channels that aren't there."""
    with pytest.raises(ModelError) as caught:
        make()
    assert "\n" not in str(caught.value)
