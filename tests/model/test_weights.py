"""Weights: one array of parameters and its pieces by name; a calibration ends with them."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import tiny
from spritenet.errors import ModelError, UnsupportedError
from spritenet.layers import Dense, Flatten, Graph, Rescaling
from spritenet.model import building
from spritenet.model.network import Network
from spritenet.model.weights import Weights


@pytest.fixture(name="weights")
def fixture_weights() -> Weights:
    """Of one dense layer, for images of 2×2."""
    network = Network("net", 1, None, None, object())
    weights = Weights(network)
    graph = building.named(Graph.of([Rescaling(1 / 255), Flatten(), Dense(3)]))
    weights.change(graph, (2, 2, 1), lambda size: np.zeros((2, size), np.float32))
    return weights


def test_names_are_views_of_one_order(weights: Weights) -> None:
    """Kernel before bias, 12 + 3 numbers, each a copy."""
    assert {name: array.shape for name, array in weights.weights.items()} == {
        "dense/kernel": (4, 3),
        "dense/bias": (3,),
    }
    flat = np.concatenate([array.ravel() for array in weights.get_weights()])
    np.testing.assert_array_equal(flat, weights.parameters)
    weights.weights["dense/bias"][:] = 9
    assert not weights.weights["dense/bias"].any()
    assert weights.state.now.slots.shape == (2, weights.count_params()) == (2, 15)


def test_each_replacement_is_a_revision(weights: Weights) -> None:
    """A calibration holds for one; training in place counts as the same."""
    first = weights.revision
    weights.set_weights([np.ones((4, 3)), np.zeros(3)])
    assert weights.revision == first + 1
    np.testing.assert_array_equal(weights.parameters[:12], np.ones(12))
    weights.take_over(
        {"dense/bias": np.full(3, 5, np.float32), "other/bias": np.ones(2, np.float32)}
    )
    np.testing.assert_array_equal(weights.parameters[12:], np.full(3, 5))
    with pytest.raises(ModelError, match="net: these weights don't fit"):
        weights.set_weights([np.ones((4, 3))])
    with pytest.raises(ModelError, match="net: a weight is not a finite number"):
        weights.set_weights([np.full((4, 3), np.nan), np.zeros(3)])
    assert weights.revision == first + 1


def test_frozen_layers_are_not_trainable(weights: Weights) -> None:
    """Their weights are named as such; a network of nothing else is not trained."""
    weights.check_trainable()
    weights.network.trainable = False
    assert (list(weights.trainable_weights), len(weights.non_trainable_weights)) == ([], 2)
    with pytest.raises(ModelError, match="net: nothing to train"):
        weights.check_trainable()


def test_wrong_uses_are_explained(weights: Weights) -> None:
    """Keras's list and PyTorch's method are arrays and a mapping here."""
    with pytest.raises(ModelError, match="unknown weights"):
        _ = weights.weights[0]  # type: ignore[index]  # that is the point
    with pytest.raises(UnsupportedError, match="parameters"):
        weights.parameters()  # type: ignore[operator]  # that is the point
    weights.clear()
    with pytest.raises(ModelError, match="net: it has no weights yet"):
        weights.count_params()


def test_a_copy_of_a_model_is_its_own() -> None:
    """Shallow copies too: training one leaves the other."""
    model = tiny.built()
    twin = copy.copy(model)
    before = model.parameters
    twin.fit(tiny.images(), verbose=0)
    twin.compile("sgd", "mse")
    np.testing.assert_array_equal(model.parameters, before)
    assert type(model.optimizer).__name__ == "Adam"
    assert not np.array_equal(twin.parameters, before)
