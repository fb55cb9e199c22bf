"""Compilation: an optimizer, a loss and metrics, checked against the network's last layer."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import tiny
from spritenet.errors import ModelError, UnsupportedError
from spritenet.layers import Dense, Flatten, Graph, Rescaling
from spritenet.losses import MeanSquaredError, SparseCategoricalCrossentropy
from spritenet.model import building
from spritenet.model.compilation import Compilation
from spritenet.model.network import Network
from spritenet.model.weights import Weights
from spritenet.optimizers import SGD, Adam


def compilation(activation: str = "softmax") -> Compilation:
    """Of a network of three outputs, not compiled."""
    weights = Weights(Network("net", 1, None, None, object()))
    layers = [Rescaling(1 / 255), Flatten(), Dense(3, activation=activation)]
    graph = building.named(Graph.of(layers))
    weights.change(graph, (2, 2, 1), lambda size: np.zeros((0, size), np.float32))
    return Compilation(weights)


def test_names_and_objects_are_taken() -> None:
    """And set one by one; Keras's names of accuracy are one metric."""
    made = compilation()
    with pytest.raises(ModelError, match="net: missing loss"):
        made.compiled()
    made.compile("sgd", "sparse_categorical_crossentropy", "acc")
    assert made.compiled() == (SGD(), SparseCategoricalCrossentropy())
    assert made.metrics_names == ["loss", "accuracy"]
    made.loss = "mse"
    assert made.compiled() == (SGD(), MeanSquaredError())
    made.compile(Adam(0.5), MeanSquaredError())
    assert (made.optimizer, made.metrics) == (Adam(0.5), ())


def test_a_new_optimizer_begins_with_an_empty_state() -> None:
    """One array of zeros for each of its slots; the weights stay."""
    made = compilation()
    weights = made._weights
    before = weights.parameters
    made.optimizer = "adam"
    assert weights.state.now.slots.shape == made.initial_slots(15).shape == (2, 15)
    weights.state.now.slots[:] = 1
    made.optimizer = SGD(momentum=0.9)
    assert weights.state.now.slots.shape == (1, 15)
    assert not weights.state.now.slots.any()
    assert (weights.parameters == before).all()
    made.optimizer = None
    assert made.initial_slots(15).shape == (0, 15)


def test_a_loss_that_does_not_fit_changes_nothing() -> None:
    """Nor does a word that names nothing."""
    made = compilation("linear")
    made.compile("sgd", "mse")
    wrong: list[tuple[str, str, list[str]]] = [
        ("adam", "categorical_crossentropy", []),
        ("adam", "mse", ["precison"]),
        ("magic", "mse", []),
        ("adam", "ctc", []),
    ]
    for optimizer, loss, metrics in wrong:
        with pytest.raises((ModelError, UnsupportedError)):
            made.compile(optimizer, loss, metrics)
    assert made.compiled() == (SGD(), MeanSquaredError())


def test_the_session_stays_in_its_process() -> None:
    """A copy is not stopped by a callback of the other; before a training nothing is."""
    model = tiny.model()
    assert not model.stop_training
    model.fit(tiny.images(), verbose=0)
    model.stop_training = True
    assert model.stop_training
    assert not copy.deepcopy(model).stop_training
