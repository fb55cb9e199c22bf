"""Every metric of Keras's is Keras's, on random batches with and without weights."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from keras_oracle import keras
from spritenet import metrics
from spritenet.metrics import Metric

Batch = tuple[NDArray[Any], NDArray[np.float32], NDArray[Any] | None]

CLASSES: dict[str, list[dict[str, Any]]] = {
    "Accuracy": [{}],
    "BinaryAccuracy": [{}, {"threshold": 0.3}],
    "CategoricalAccuracy": [{}],
    "TopKCategoricalAccuracy": [{"k": 1}, {"k": 2}],
    "Precision": [
        *({}, {"thresholds": 0.3}, {"thresholds": [0.7, 0.2]}, {"thresholds": [0.0, 0.5, 1.0]}),
        *({"top_k": 2}, {"class_id": 1}, {"top_k": 1, "class_id": 0}),
    ],
    "Recall": [{}, {"thresholds": [0.25, 0.5, 0.9]}, {"top_k": 2}, {"class_id": 2}],
    "TruePositives": [{}],
    "TrueNegatives": [{"thresholds": [0.1, 0.6]}],
    "FalsePositives": [{}],
    "FalseNegatives": [{"thresholds": 0.4}],
    "F1Score": [{}, {"average": "macro"}, {"average": "micro", "threshold": 0.5}],
    "FBetaScore": [{"average": "weighted", "beta": 2.0}, {"beta": 0.5, "threshold": 0.4}],
    "AUC": [
        *({}, {"curve": "PR"}, {"curve": "PRGAIN", "summation_method": "majoring"}),
        {"curve": "PR", "summation_method": "minoring", "num_thresholds": 7},
        {"thresholds": [0.9, 0.2, 0.45]},
        {"multi_label": True, "num_thresholds": 20},
        {"multi_label": True, "curve": "PR", "label_weights": [1.0, 2.0, 0.5]},
        {"from_logits": True, "label_weights": [0.0, 2.0, 0.5]},
    ],
    "PrecisionAtRecall": [{"recall": 0.6}, {"recall": 0.5, "class_id": 1, "num_thresholds": 1}],
    "RecallAtPrecision": [{"precision": 0.5, "num_thresholds": 11}],
    "SensitivityAtSpecificity": [{"specificity": 0.7}],
    "SpecificityAtSensitivity": [{"sensitivity": 0.4, "class_id": 2}],
    "BinaryCrossentropy": [{}, {"label_smoothing": 0.1}, {"from_logits": True}],
    "CategoricalCrossentropy": [{}, {"label_smoothing": 0.2}, {"from_logits": True}],
    "KLDivergence": [{}],
    "Poisson": [{}],
    "Hinge": [{}],
    "SquaredHinge": [{}],
    "CategoricalHinge": [{}],
}
"""Metrics of one-hot targets and probabilities → their arguments."""

NUMBERS: dict[str, list[dict[str, Any]]] = {
    "MeanSquaredError": [{}],
    "RootMeanSquaredError": [{}],
    "MeanAbsoluteError": [{}],
    "MeanAbsolutePercentageError": [{}],
    "MeanSquaredLogarithmicError": [{}],
    "LogCoshError": [{}],
    "CosineSimilarity": [{}],
    "Hinge": [{}],
    "R2Score": [
        *({}, {"class_aggregation": None}, {"num_regressors": 2}),
        {"class_aggregation": "variance_weighted_average"},
    ],
}
"""Metrics of any targets and outputs → their arguments."""


@st.composite
def batches(draw: st.DrawFn) -> list[Batch]:
    """Two batches of labels and probabilities with ties, zeros and ones, and perhaps weights."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    weighted, made = draw(st.booleans()), []
    for _ in range(2):
        count = draw(st.integers(1, 30))
        rows = random.integers(0, 8, (count, 3)).astype(np.float32)
        rows[np.arange(count), random.integers(0, 3, count)] += np.float32(random.random() + 0.1)
        rows /= rows.sum(axis=1, keepdims=True)
        weights = random.integers(0, 4, count).astype(np.float32) / 2 + np.float32(0.5)
        labels = random.integers(0, 3, count)
        made.append((labels, rows, weights if weighted else None))
    return made


@cache
def pair(name: str, arguments: str) -> tuple[Metric, Any]:
    """Our metric and Keras's, of the same arguments."""
    given_ = json.loads(arguments)
    own, theirs = (getattr(module, name)(**given_) for module in (metrics, keras.metrics))
    assert own.name == re.sub(r"_\d+$", "", theirs.name)  # Keras numbers its names
    return own, theirs


def both(name: str, arguments: dict[str, Any], batches_: Sequence[Batch]) -> tuple[Any, Any]:
    """Our value and Keras's, for targets as given."""
    own, theirs = pair(name, json.dumps(arguments))
    own.reset_state()
    theirs.reset_state()
    for truth, rows, weights in batches_:
        own.update_state(truth, rows, weights)
        theirs.update_state(truth, rows, sample_weight=weights)
    return own.result(), np.asarray(theirs.result())


@pytest.mark.parametrize("name", CLASSES)
@settings(max_examples=4)
@given(drawn=batches())
def test_metrics_of_classes_are_those_of_keras(name: str, drawn: list[Batch]) -> None:
    """With one-hot targets; of labels they are the same."""
    for arguments in CLASSES[name]:
        one_hot = np.eye(3, dtype=np.float32)
        rows: list[Batch] = [(one_hot[labels], p, weights) for labels, p, weights in drawn]
        found, expected = both(name, arguments, rows)
        np.testing.assert_allclose(found, expected, rtol=3e-5, atol=3e-6)
        if name == "Accuracy":
            continue
        sparse = getattr(metrics, name)(**arguments)
        for labels, probabilities, weights in drawn:
            sparse.update_state(labels, probabilities, weights)
        assert sparse.result() == found


@pytest.mark.parametrize(
    "name",
    [
        *("SparseCategoricalAccuracy", "SparseTopKCategoricalAccuracy"),
        "SparseCategoricalCrossentropy",
    ],
)
@settings(max_examples=4)
@given(drawn=batches())
def test_metrics_of_labels_are_those_of_keras(name: str, drawn: list[Batch]) -> None:
    """With class indices."""
    found, expected = both(name, {"k": 2} if "Top" in name else {}, drawn)
    np.testing.assert_allclose(found, expected, rtol=3e-5)


@pytest.mark.parametrize("name", NUMBERS)
@settings(max_examples=4)
@given(seed=st.integers(0, 2**32), weighted=st.booleans())
def test_metrics_of_numbers_are_those_of_keras(name: str, seed: int, weighted: bool) -> None:
    """Of targets and outputs of any sign."""
    random = np.random.default_rng(seed)
    drawn: list[Batch] = []
    for count in random.integers(4, 20, 2):
        truth, rows = random.standard_normal((2, count, 2)).astype(np.float32) * 3
        weights = random.random(count, np.float32) + np.float32(0.1)
        drawn.append((truth, rows, weights if weighted else None))
    for arguments in NUMBERS[name]:
        found, expected = both(name, arguments, drawn)
        np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("name", ["Precision", "Recall", "AUC", "BinaryAccuracy"])
@settings(max_examples=4)
@given(drawn=batches())
def test_metrics_of_one_output_are_those_of_keras(name: str, drawn: list[Batch]) -> None:
    """Rows of one column, and no column at all."""
    one = [((labels == 1).astype(np.float32), rows[:, 1], w) for labels, rows, w in drawn]
    columns: list[Batch] = [(truth[:, None], rows[:, None], w) for truth, rows, w in one]
    found, expected = both(name, {}, columns)
    np.testing.assert_allclose(found, expected, rtol=3e-5, atol=1e-6)
    metric = getattr(metrics, name)()
    for truth, rows, weights in one:
        metric.update_state(truth, rows, weights)
    assert metric.result() == found
