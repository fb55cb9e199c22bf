"""Losses compute Keras's formulas: values and gradients, over random shapes, on every build."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import losses_oracle as oracle
from builds import examples
from spritenet import layers as kinds
from spritenet import losses
from spritenet.core.losses import loss_rows
from spritenet.engines import native
from spritenet.engines.engine import Examples
from spritenet.layers import Layer
from spritenet.losses import LOSSES, Loss

SHAPE = (2, 3, 1)
INPUTS = 6

FRACTIONS = ("BinaryCrossentropy", "BinaryFocalCrossentropy", "Dice", "Tversky", "KLDivergence")
POSITIVE = ("Poisson", "MeanSquaredLogarithmicError", "MeanAbsolutePercentageError")


@st.composite
def drawn_losses(draw: st.DrawFn, name: str) -> Loss:
    """A loss with random arguments."""
    fractions = st.floats(0, 0.9)
    values: dict[str, st.SearchStrategy[object]] = {
        "from_logits": st.booleans(),
        "apply_class_balancing": st.booleans(),
        "label_smoothing": st.sampled_from([0.0, 0.1, 0.5]),
        "alpha": fractions,
        "beta": fractions,
        "gamma": st.sampled_from([0.0, 1.0, 2.0, 3.5]),
        "delta": st.floats(0.1, 2),
        "q": st.floats(0.05, 0.95),
    }
    arguments = {a.name: draw(values[a.name]) for a in loss_rows()[name].attributes}
    return LOSSES[name](**arguments)


def last_activation(loss: Loss, draw: st.DataObject) -> str:
    """One that it can follow."""
    if getattr(loss, "from_logits", False):
        return "linear"
    if loss.row.required:
        return loss.row.activation
    name = type(loss).__name__
    if name == "KLDivergence":
        return draw.draw(st.sampled_from(["softmax", "sigmoid"]))
    if name in (*FRACTIONS, *POSITIVE):
        return "sigmoid"
    return draw.draw(st.sampled_from(["linear", "tanh", "sigmoid", "softmax"]))


def targets_for(loss: Loss, n: int, k: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Rows that make sense for it."""
    name = type(loss).__name__
    if loss.row.targets == "distributions" or name == "KLDivergence":
        return random.dirichlet(np.ones(k), n).astype(np.float32)
    if name in ("Hinge", "SquaredHinge"):
        return random.choice([-1, 0.5, 1], (n, k)).astype(np.float32)
    if name == "CategoricalHinge":
        return np.eye(k, dtype=np.float32)[random.integers(0, k, n)]
    if loss.row.targets == "fractions" or name in (*FRACTIONS, *POSITIVE):
        return random.uniform(0.05, 1, (n, k)).astype(np.float32)
    return random.normal(0, 1, (n, k)).astype(np.float32)


@pytest.mark.parametrize("name", list(loss_rows()))
@settings(max_examples=examples(25))
@given(st.data(), st.integers(1, 40), st.integers(2, 7), st.integers(0, 2**31))
def test_values_and_gradients_are_kerass(
    name: str, data: st.DataObject, n: int, k: int, seed: int
) -> None:
    """Labels, binary and soft rows; weights of images and of outputs; whole and partial slabs."""
    random = np.random.default_rng(seed)
    loss = data.draw(drawn_losses(name))
    activation = last_activation(loss, data)
    images = random.integers(0, 256, (n, *SHAPE), np.uint8)
    head: list[Layer] = [
        kinds.Rescaling(1 / 255),
        kinds.Flatten(),
        kinds.Dense(k, activation=activation),
    ]
    network = native.Network(head, SHAPE, batch_size=n)
    parameters = random.normal(0, 0.7, network.parameter_count).astype(np.float32)
    kernel, bias = parameters[: INPUTS * k].reshape(INPUTS, k), parameters[INPUTS * k :]
    z = images.reshape(n, INPUTS) / 255 @ kernel.astype(np.float64) + bias

    kind = data.draw(st.sampled_from(["labels", "binary", "soft"]))
    labels = random.integers(0, k, n).astype(np.int32)
    if name in POSITIVE and kind == "binary":
        kind = "soft"  # 0 has no relative error
    if name == "SparseCategoricalCrossentropy" or (kind == "labels" and name not in POSITIVE):
        given_targets, t = None, np.eye(k)[labels]
    elif kind == "binary" and loss.row.targets != "distributions":
        given_targets = random.integers(0, 2, (n, k)).astype(np.float32)
        given_targets[:, 0] = 1  # a row of zeros has no direction
        t = given_targets.astype(np.float64)
    else:
        given_targets = targets_for(loss, n, k, random)
        t = given_targets.astype(np.float64)
    weights = random.uniform(0, 2, n).astype(np.float32) if seed % 2 else None
    by_output = None
    if loss.row.by_output and seed % 3 == 0:
        by_output = random.uniform(0, 2, k).astype(np.float32)
    examples = Examples(
        images,
        None if given_targets is not None else labels,
        given_targets,
        weights,
        output_weights=by_output,
    )

    factors = np.ones(n) if weights is None else weights.astype(np.float64)
    expected = oracle.values(
        loss, t, oracle.ACTIVATIONS[from_logits(loss, activation)](z), by_output
    )
    evaluated = network.evaluate(parameters, examples, loss)
    scale = max(1.0, float(np.abs(expected).max()))
    assert evaluated.loss_sum == pytest.approx(
        float((factors * expected).sum()), rel=2e-5, abs=2e-5 * n * scale
    )
    value, gradient = network.gradient(parameters, examples, np.arange(n), loss)
    assert value == pytest.approx(float((factors * expected).mean()), rel=2e-5, abs=2e-5 * scale)

    slopes = oracle.slopes(loss, t, z, from_logits(loss, activation), by_output)
    dz = slopes * factors[:, None] / n
    wanted = np.concatenate([(images.reshape(n, INPUTS) / 255).T @ dz, dz.sum(axis=0)[None]])
    wanted = wanted.reshape(-1)
    near = away_from_kinks(loss, t, z, activation, by_output)
    if near:
        tolerance = 2e-4 * max(1e-2, float(np.abs(slopes).max()))
        np.testing.assert_allclose(gradient, wanted, rtol=2e-3, atol=tolerance)


def from_logits(loss: Loss, activation: str) -> str:
    """The activation that the formula is applied behind."""
    return loss.row.activation if getattr(loss, "from_logits", False) else activation


def away_from_kinks(
    loss: Loss,
    t: NDArray[np.float64],
    z: NDArray[np.float64],
    activation: str,
    by_output: NDArray[np.float32] | None,
) -> bool:
    """Returns False if a corner is so near that the difference quotient straddles it."""
    where = from_logits(loss, activation)
    here = oracle.slopes(loss, t, z, where, by_output)
    return all(
        np.allclose(oracle.slopes(loss, t, z + way, where, by_output), here, rtol=1e-2, atol=1e-2)
        for way in (3e-6, -3e-6)
    )


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("loss", ["binary_crossentropy", "binary_focal_crossentropy"])
def test_saturated_sigmoids_still_learn(loss: str, sign: int) -> None:
    """A confident mistake costs its logit: the probability never rounds to 0 or 1."""
    head: list[Layer] = [kinds.Flatten(), kinds.Dense(1, activation="sigmoid")]
    network = native.Network(head, (1, 1, 1), batch_size=1)
    parameters = np.array([0, 60 * sign], np.float32)
    wrong = np.full((1, 1), float(sign < 0), np.float32)
    examples = Examples(np.zeros((1, 1, 1, 1), np.uint8), None, wrong)
    value, gradient = network.gradient(
        parameters, examples, np.zeros(1, np.int64), losses.get(loss)
    )
    assert value == pytest.approx(60, rel=1e-6)
    assert gradient[1] == pytest.approx(sign, rel=1e-6)
    assert network.predict(parameters, examples.images)[0, 0] == pytest.approx(
        float(sign > 0), abs=1e-7
    )


@pytest.mark.parametrize("name", list(loss_rows()))
def test_a_loss_that_is_not_a_number_is_seen(name: str) -> None:
    """No loss hides outputs that are not numbers: training would go on with them."""
    loss = LOSSES[name]()
    head: list[Layer] = [
        kinds.Flatten(),
        kinds.Dense(2, activation=loss.row.activation or "linear"),
    ]
    network = native.Network(head, (1, 1, 1), batch_size=1)
    parameters = np.array([0, 0, np.nan, np.nan], np.float32)
    examples = Examples(np.zeros((1, 1, 1, 1), np.uint8), np.zeros(1, np.int32))
    value, _ = network.gradient(parameters, examples, np.zeros(1, np.int64), loss)
    assert not np.isfinite(value)


def test_right_decisions_are_counted_by_what_the_targets_are() -> None:
    """Largest outputs with labels, sides of 0 with several labels, none with numbers."""
    head: list[Layer] = [kinds.Flatten(), kinds.Dense(3)]
    network = native.Network(head, (1, 1, 1), batch_size=2)
    parameters = np.array([0, 0, 0, 1, -1, 2], np.float32)
    images = np.zeros((2, 1, 1, 1), np.uint8)
    rows = np.array([[1, 0, 0], [0, 1, 1]], np.float32)
    logits = losses.BinaryCrossentropy(from_logits=True)
    several = network.evaluate(parameters, Examples(images, None, rows), logits)
    assert several.accuracy == pytest.approx((2 / 3 + 1 / 3) / 2)
    signs = network.evaluate(parameters, Examples(images, None, 2 * rows - 1), losses.Hinge())
    assert signs.accuracy == several.accuracy
    numbers = network.evaluate(parameters, Examples(images, None, rows), losses.Huber())
    assert numbers.accuracy is None
    labels = np.array([2, 0], np.int32)
    assert network.evaluate(parameters, Examples(images, labels), losses.Huber()).accuracy == 0.5
