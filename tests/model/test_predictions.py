"""Predictions: probabilities of labelled images, and their metrics."""

from __future__ import annotations

import numpy as np

import spritenet as sn
import tiny
from spritenet.model.predictions import as_probabilities

TEST = tiny.images(120, seed=1, name="test")


def test_mistakes_and_ambiguous_images_are_in_order(model: sn.Sequential) -> None:
    """The most confident mistake first; the smallest margin first."""
    found = model.evaluate(TEST).predictions
    wrong = found.mistakes()
    assert set(wrong.tolist()) == set(np.flatnonzero(found.predicted != TEST.labels).tolist())
    assert (np.diff(found.confidence[wrong]) <= 0).all()
    two = np.sort(found.probabilities, axis=1)[:, -2:]
    margins = (two[:, 1] - two[:, 0])[found.least_certain()]
    assert (np.diff(margins) >= 0).all()
    assert len(found.mistakes(2)) == min(2, len(wrong))
    low, high = found.interval
    assert low < found.accuracy < high


def test_any_outputs_become_probabilities() -> None:
    """Logits by the softmax; others by their share of what is above zero."""
    rows = np.array([[1, 2, 3], [-1, -1, -1]], np.float32)
    assert as_probabilities(rows, "softmax") is rows
    logits = as_probabilities(rows, "linear")
    np.testing.assert_allclose(logits.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(np.diff(np.log(logits[0])), 1, rtol=1e-5)
    np.testing.assert_allclose(as_probabilities(rows, "relu"), [[1 / 6, 1 / 3, 1 / 2], [1 / 3] * 3])
    huge = as_probabilities(np.array([[1000, 0]], np.float32), "linear")
    np.testing.assert_array_equal(huge, [[1, 0]])


def test_one_hot_labels_are_classes_and_targets_are_none(model: sn.Sequential) -> None:
    """Whatever `evaluate` takes."""
    scores = model.evaluate(TEST.images, np.eye(4)[TEST.labels])
    np.testing.assert_array_equal(scores.predictions.labels, TEST.labels)
