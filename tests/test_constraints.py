"""Constraints and regularizers: Keras's formulas after and within the steps of training."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
import tiny
from spritenet import constraints, regularizers
from spritenet.constraints import Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from spritenet.engines import native
from spritenet.engines.engine import Examples
from spritenet.errors import ModelError
from spritenet.layers import Layer
from spritenet.losses import CategoricalCrossentropy
from spritenet.regularizers import L1, L1L2, L2, Regularizer

SHAPE = (6, 6, 2)
RANDOM = np.random.default_rng(5)
EXAMPLES = Examples(
    RANDOM.integers(0, 256, (40, *SHAPE), dtype=np.uint8),
    RANDOM.integers(0, 4, 40).astype(np.int32),
)

EVERY = [
    NonNeg(),
    MaxNorm(0.7),
    MaxNorm(0.9, axis=(0, 1, 2)),
    MaxNorm(0.5, axis=1),
    UnitNorm(),
    UnitNorm(axis=(0, 1)),
    MinMaxNorm(0.6, 0.8, rate=0.3),
    MinMaxNorm(0.6, 0.8, axis=(0, 1, 2)),
]


def kerass(rule: Constraint, w: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keras 3's formula, in float64."""
    if isinstance(rule, NonNeg):
        return np.maximum(w, 0)
    axes = tuple(np.atleast_1d(rule.axis))  # type: ignore[attr-defined]  # all others have one
    axes = tuple(axis for axis in axes if axis < w.ndim)
    norms = np.sqrt((w * w).sum(axis=axes, keepdims=True)) if axes else np.abs(w)
    if isinstance(rule, MaxNorm):
        wanted = np.clip(norms, 0, rule.max_value)
    elif isinstance(rule, MinMaxNorm):
        clipped = np.clip(norms, rule.min_value, rule.max_value)
        wanted = rule.rate * clipped + (1 - rule.rate) * norms
    else:
        wanted = np.ones_like(norms)
    return w * (wanted / (1e-7 + norms))


def layers(rule: Constraint | None, penalty: Regularizer | None = None) -> list[Layer]:
    """A network whose weights all have the constraint and the penalty."""
    both = {"kernel_constraint": rule, "bias_constraint": rule}
    both |= {"kernel_regularizer": penalty, "bias_regularizer": penalty}  # type: ignore[dict-item]  # both are arguments
    own = {"depthwise_constraint": rule, "depthwise_regularizer": penalty}
    bias = {"bias_constraint": rule, "bias_regularizer": penalty}
    return [
        sn.Conv2D(3, 3, activation="tanh", bias_initializer="random_normal", **both),  # type: ignore[arg-type]  # of a mapping
        sn.DepthwiseConv2D(2, activation="tanh", **own, **bias),  # type: ignore[arg-type]  # the same
        sn.Flatten(),
        sn.Dense(5, "tanh", **both),  # type: ignore[arg-type]  # the same
        sn.Dense(4, "softmax"),
    ]


def trained(network: list[Layer], steps: int, threads: int = 1) -> native.Network:
    """The engine after some steps of SGD, its parameters in `parameters`."""
    from spritenet.model import building

    engine = native.Network(network, SHAPE, batch_size=20, threads=threads)
    parameters = building.initial(building.places(network, SHAPE), 3)
    engine.train(
        parameters,
        np.zeros((0, parameters.size), np.float32),
        EXAMPLES,
        loss=CategoricalCrossentropy(),
        optimizer=sn.SGD(0.3),
        learning_rates=np.full(steps, 0.3, np.float32),
        first_step=0,
        batch_size=20,
        seed=1,
    )
    engine.trained = parameters  # type: ignore[attr-defined]  # for the test alone
    return engine


def weights(engine: native.Network) -> list[NDArray[np.float64]]:
    """Its weights, each in its shape."""
    values = engine.trained  # type: ignore[attr-defined]  # set above
    return [
        values[w.offset : w.offset + int(np.prod(w.shape))].reshape(w.shape).astype(np.float64)
        for w in engine.weights
    ]


@pytest.mark.parametrize("rule", EVERY, ids=repr)
def test_a_step_ends_with_kerass_formula(rule: Constraint) -> None:
    """Each weight after one step is the unconstrained one, constrained; the last layer is free."""
    free, bound = weights(trained(layers(None), 1)), weights(trained(layers(rule), 1))
    for w, got in zip(free[:-2], bound[:-2], strict=True):
        np.testing.assert_allclose(got, kerass(rule, w), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(free[-2:][0], bound[-2:][0])


@pytest.mark.parametrize("rule", EVERY, ids=repr)
def test_any_number_of_threads_gives_the_same_bits(rule: Constraint) -> None:
    """A weight is constrained by one thread."""
    ends = [trained(layers(rule, L1(0.01)), 4, threads).trained for threads in (1, 3)]  # type: ignore[attr-defined]  # set above
    np.testing.assert_array_equal(*ends)


@pytest.mark.parametrize("penalty", [L1(0.02), L2(0.02), L1L2(0.01, 0.03)], ids=repr)
def test_penalties_are_in_loss_and_gradient(penalty: Regularizer) -> None:
    """Keras's sums and their derivatives, of all weights but the last layer's."""
    engine, plain = trained(layers(None, penalty), 2), trained(layers(None), 2)
    parameters = engine.trained  # type: ignore[attr-defined]  # set above
    loss, indices = CategoricalCrossentropy(), np.arange(20)
    with_loss, with_gradient = engine.gradient(parameters, EXAMPLES, indices, loss)
    without_loss, gradient = plain.gradient(parameters, EXAMPLES, indices, loss)
    l2, l1 = penalty.factors
    own = parameters[: engine.weights[-2].offset].astype(np.float64)
    expected = l1 * np.abs(own).sum() + l2 * (own * own).sum()
    assert with_loss - without_loss == pytest.approx(expected, rel=1e-4)
    assert engine.evaluate(parameters, EXAMPLES, loss).l2 == pytest.approx(expected, rel=1e-5)
    slope = np.zeros(parameters.size)
    slope[: own.size] = l1 * np.sign(own) + 2 * l2 * own
    np.testing.assert_allclose(with_gradient - gradient, slope, atol=2e-5)


def test_every_layer_takes_them_and_files_keep_them(tmp_path: Path) -> None:
    """Also batch normalisation, PReLU, separable and transposed convolutions."""
    model = sn.Sequential(
        [
            sn.Input((8, 8, 1)),
            sn.SeparableConv2D(
                4, 3, depthwise_constraint="max_norm", pointwise_constraint="unit_norm"
            ),
            sn.BatchNormalization(gamma_constraint=NonNeg(), beta_constraint=MaxNorm(0.1)),
            sn.PReLU(alpha_constraint="non_neg", alpha_regularizer=L1(0.001)),
            sn.Conv2DTranspose(3, 3, kernel_constraint=MinMaxNorm(0.1, 1.0, axis=(0, 1, 2))),
            sn.Flatten(),
            sn.Dense(4, "softmax", kernel_regularizer=L1L2(0.01, 0.02), bias_constraint="non_neg"),
        ]
    )
    model.compile(sn.Adam(0.01), "sparse_categorical_crossentropy")
    data = tiny.images(60)
    model.fit(data, epochs=2, verbose=0)
    assert (model.weights["dense/bias"] >= 0).all()
    norms = np.sqrt((model.weights["separable_conv2d/pointwise_kernel"] ** 2).sum((0, 1, 2)))
    np.testing.assert_allclose(norms, 1, rtol=1e-4)
    model.save(tmp_path / "model", include_optimizer=True)
    again = sn.load_model(tmp_path / "model")
    assert list(again.layers) == list(model.layers)
    for each in (model, again):
        each.fit(data, epochs=1, shuffle=False, verbose=0)
    np.testing.assert_array_equal(model.parameters, again.parameters)


@pytest.mark.parametrize("rule", EVERY, ids=repr)
def test_they_come_back_from_configs(rule: Constraint) -> None:
    """As JSON, and by Keras's names."""
    read = constraints.get(json.loads(json.dumps(rule.config())))
    assert read is not None
    assert read.numbers == rule.numbers
    assert constraints.get(type(rule).__name__) == type(rule)()


@pytest.mark.parametrize("penalty", [L1(0.5), L2(0.5), L1L2(0.5, 0.25)], ids=repr)
def test_regularizers_come_back_from_configs(penalty: Regularizer) -> None:
    """And by Keras's names."""
    assert regularizers.get(json.loads(json.dumps(penalty.config()))) == penalty
    assert regularizers.get("l1_l2") == L1L2()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: MaxNorm(-1), "invalid max_value"),
        (lambda: MaxNorm(axis=-1), "invalid axis"),
        (lambda: UnitNorm(axis=(0, 0)), "invalid axis"),
        (lambda: UnitNorm(axis=4), "invalid axis"),
        (lambda: MinMaxNorm(1.0, 0.5), "min_value ≤ max_value"),
        (lambda: MinMaxNorm(rate=2), "invalid rate"),
        (lambda: constraints.get("max_value"), "unknown constraint"),
        (lambda: L1(-1), "invalid l1"),
        (lambda: regularizers.get("l3"), "unknown regularizer"),
        (lambda: sn.initializers.Identity()((3,), np.random.default_rng(0)), "two axes"),
    ],
)
def test_wrong_arguments_are_one_line(make: Callable[[], object], words: str) -> None:
    """Each names the argument."""
    with pytest.raises(ModelError, match=words) as refusal:
        make()
    assert "\n" not in str(refusal.value)


def test_identity_is_a_diagonal() -> None:
    """Of a square or any other matrix."""
    made = sn.initializers.get("identity")((2, 3), np.random.default_rng(0))
    np.testing.assert_array_equal(made, [[1, 0, 0], [0, 1, 0]])
