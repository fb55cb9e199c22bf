"""Metrics while training against scikit-learn's of all predictions at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spritenet import metrics

sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is the oracle of metrics")

Drawn = tuple[NDArray[Any], NDArray[np.float32], NDArray[np.float64]]


@st.composite
def predictions(draw: st.DrawFn) -> Drawn:
    """Labels of every class, distinct probabilities, and weights."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    count, classes = draw(st.integers(12, 60)), draw(st.integers(2, 5))
    labels = np.concatenate([np.arange(classes), random.integers(0, classes, count - classes)])
    rows = random.random((count, classes)) + 0.3 * np.eye(classes)[labels]
    rows = (rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)
    return labels, rows, random.random(count) + 0.1


def value(metric: metrics.Metric, drawn: Drawn) -> metrics.Value:
    """The metric of three batches."""
    for part in np.array_split(np.arange(len(drawn[0])), 3):
        metric.update_state(*(each[part] for each in drawn))
    return metric.result()


@settings(max_examples=8)
@given(predictions())
def test_balanced_accuracy_is_sklearns(drawn: Drawn) -> None:
    """With weights; and of yes and no."""
    labels, rows, weights = drawn
    expected = sklearn.balanced_accuracy_score(labels, rows.argmax(axis=1), sample_weight=weights)
    assert value(metrics.BalancedAccuracy(), drawn) == pytest.approx(expected)
    yes, chance = (labels == 1).astype(float), rows[:, 1]
    expected = sklearn.balanced_accuracy_score(yes, chance > 0.5, sample_weight=weights)
    found = value(metrics.BalancedAccuracy(), (yes[:, None], chance[:, None], weights))
    assert found == pytest.approx(expected)


@settings(max_examples=8)
@given(predictions(), st.sampled_from(["macro", "micro", "weighted", None]))
def test_f_scores_are_sklearns(drawn: Drawn, average: str | None) -> None:
    """Of the largest outputs, but for the 1e-7 that Keras adds."""
    labels, rows, weights = drawn
    expected = sklearn.fbeta_score(
        *(labels, rows.argmax(axis=1)),
        beta=2,
        average=average,
        sample_weight=weights,
        zero_division=0,
    )
    found = value(metrics.FBetaScore(average=average, beta=2), drawn)  # type: ignore[arg-type]  # a word of many
    np.testing.assert_allclose(found, expected, atol=1e-5)


@settings(max_examples=8)
@given(predictions())
def test_precision_and_recall_of_a_class_are_sklearns(drawn: Drawn) -> None:
    """With `class_id`, and with `top_k=1` of all classes."""
    labels, rows, weights = drawn
    how = {"sample_weight": weights, "zero_division": 0}
    said = rows[:, 1] > 0.5
    for name in ("precision", "recall"):
        cls = getattr(metrics, name.capitalize())
        score = getattr(sklearn, f"{name}_score")
        found = value(cls(class_id=1), drawn)
        assert found == pytest.approx(score(labels == 1, said, **how))
        expected = score(labels, rows.argmax(axis=1), average="micro", **how)
        assert value(cls(top_k=1), drawn) == pytest.approx(expected)


@settings(max_examples=8)
@given(predictions())
def test_areas_come_close_to_sklearns(drawn: Drawn) -> None:
    """With so many thresholds that the curve is the exact one, almost."""
    labels, rows, weights = drawn
    yes, chance = labels == 1, rows[:, 1]
    one = (yes.astype(float)[:, None], chance[:, None], weights)
    expected = sklearn.roc_auc_score(yes, chance, sample_weight=weights)
    assert value(metrics.AUC(num_thresholds=20_000), one) == pytest.approx(expected, abs=2e-3)


@settings(max_examples=8)
@given(predictions())
def test_errors_of_numbers_are_sklearns(drawn: Drawn) -> None:
    """Of an output for each of several targets."""
    labels, rows, weights = drawn
    numbers = np.random.default_rng(len(labels)).standard_normal(rows.shape).astype(np.float32)
    given_ = (rows, numbers, weights)
    how = {"sample_weight": weights}
    expected = sklearn.mean_absolute_error(rows, numbers, **how)
    assert value(metrics.MeanAbsoluteError(), given_) == pytest.approx(expected, rel=1e-5)
    expected = np.sqrt(sklearn.mean_squared_error(rows, numbers, **how))
    assert value(metrics.RootMeanSquaredError(), given_) == pytest.approx(expected, rel=1e-5)
    expected = sklearn.r2_score(rows, numbers, **how)
    assert value(metrics.R2Score(), given_) == pytest.approx(expected, rel=1e-4)
