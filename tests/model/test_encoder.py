"""Encoder: labels and weights of every form become the examples of an engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spritenet.engines.native import Network
from spritenet.errors import DataError, ModelError
from spritenet.layers import Dense, Flatten
from spritenet.losses import CategoricalCrossentropy, MeanSquaredError
from spritenet.model.encoder import Encoder

IMAGES = np.zeros((4, 8, 8, 1), np.uint8)
LABELS = np.array([0, 2, 1, 2], np.int32)
LOSS = CategoricalCrossentropy()


@pytest.mark.parametrize(
    "y",
    [
        LABELS,
        LABELS.astype(np.uint8),
        LABELS.astype(np.float64),
        LABELS[:, None],
        np.eye(3)[LABELS],
        np.eye(3, dtype=bool)[LABELS],
        np.array(["cat", "dog", "cow", "dog"]),
        np.array(["cat", "dog", "cow", "dog"], object),
    ],
    ids=range(8),
)
def test_classes_become_indices(y: Any) -> None:  # noqa: ANN401 - labels of any form
    """Names by the order of the network's classes."""
    examples = Encoder(3, LOSS, class_names=("cat", "cow", "dog")).encode(IMAGES, y)
    assert examples.labels is not None
    assert examples.labels.dtype == np.int32
    assert examples.labels.tolist() == [0, 2, 1, 2]
    assert examples.targets is examples.weights is None


def test_probabilities_are_targets_and_are_smoothed_as_the_loss_says() -> None:
    """PyTorch's formula: y · (1 - s) + s / k, by the core."""
    torch = pytest.importorskip("torch")
    rows = np.array([[0.5, 0.25, 0.25]] * 4, np.float32)
    smooth = CategoricalCrossentropy(label_smoothing=0.1)
    examples = Encoder(3, smooth).encode(IMAGES, rows)
    assert examples.labels is None
    assert examples.targets is not None
    np.testing.assert_array_equal(examples.targets, rows)
    shape = IMAGES.shape[1:]
    network = Network([Flatten(), Dense(3, activation="softmax")], shape)
    parameters = np.random.default_rng(0).normal(0, 0.01, network.parameter_count)
    outputs = network.predict(parameters.astype(np.float32), IMAGES)
    expected = torch.nn.functional.cross_entropy(
        torch.tensor(outputs).log(), torch.tensor(rows), label_smoothing=0.1
    )
    own = network.evaluate(parameters.astype(np.float32), examples, smooth)
    assert own.loss == pytest.approx(float(expected), rel=1e-5)


def test_floats_are_targets_of_the_squared_error() -> None:
    """Any numbers, also a single column; class indices stay labels."""
    encoder = Encoder(1, MeanSquaredError())
    examples = encoder.encode(IMAGES, np.array([-1.5, 0, 2, 7]))
    assert examples.targets is not None
    assert examples.targets.tolist() == [[-1.5], [0], [2], [7]]
    assert Encoder(3, MeanSquaredError()).encode(IMAGES, LABELS).labels is not None


def test_weights_multiply() -> None:
    """Of the class and of the image; by name, index, row or count."""
    sample = np.array([1, 1, 0.5, 2])
    expected = [3, 1, 0.5, 2]
    for given in ({0: 3.0}, {"cat": 3.0}, [3.0, 1.0, 1.0]):
        encoder = Encoder(3, LOSS, given, ("cat", "cow", "dog"))
        examples = encoder.encode(IMAGES, LABELS, sample)
        assert examples.weights is not None
        assert examples.weights.tolist() == expected
    encoder = Encoder(3, LOSS, "balanced")
    assert encoder.counts_classes
    assert encoder.factors(LABELS) == {0: 4 / 3, 1: 4 / 3, 2: 2 / 3}  # scikit-learn's formula
    with pytest.raises(DataError, match="can't be counted"):
        encoder.factors(None)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (LABELS[:3], "don't fit the images"),
        (LABELS + 1, "not among the network's outputs"),
        (LABELS - 1, "not among the network's outputs: .*, got -1. Number the classes from 0"),
        (LABELS + 0.5, "not a whole number"),
        (np.eye(4)[LABELS], "don't fit the network's outputs"),
        (np.full((4, 3), np.inf), "not a finite number"),
        (np.zeros((4, 3, 1)), "don't fit the images"),
        (np.array(["cat", "dog", "cow", "owl"]), "owl"),
    ],
    ids=range(8),
)
def test_others_are_refused(y: Any, words: str) -> None:  # noqa: ANN401 - labels of any form
    """In one line."""
    encoder = Encoder(3, LOSS, class_names=("cat", "cow", "dog"))
    with pytest.raises(DataError, match=words) as caught:
        encoder.encode(IMAGES, y)
    assert "\n" not in str(caught.value)


def test_names_without_classes_are_refused() -> None:
    """Of batches that are read in order, all names are known only at the end."""
    with pytest.raises(DataError, match=r"aren't known before.*got 'cat'"):
        Encoder(3, LOSS).encode(IMAGES, np.array(["cat"] * 4))


def test_a_softmax_of_one_output_is_refused() -> None:
    """Its loss is always 0."""
    with pytest.raises(ModelError, match=r"always 1.*at least 2"):
        Encoder(1, LOSS)
    Encoder(1, MeanSquaredError())
