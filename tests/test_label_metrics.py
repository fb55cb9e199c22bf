"""Multi-label metrics: equal to scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from spritenet import metrics
from spritenet.errors import DataError

sklearn = pytest.importorskip("sklearn.metrics")


def drawn(n: int, k: int, levels: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows with both values in each column, and probabilities of a few levels, so that some tie."""
    chance = np.random.default_rng(seed)
    rows = (chance.random((n, k)) < 0.4).astype(np.uint8)
    rows[0], rows[1] = 0, 1
    noise = chance.random((n, k))
    return rows, np.round((0.4 * rows + 0.6 * noise) * levels) / levels


@settings(max_examples=8, deadline=None)
@given(st.integers(2, 60), st.integers(2, 5), st.integers(2, 50), st.integers(0, 999))
def test_the_metrics_of_each_class_are_those_of_scikit_learn(
    n: int, k: int, levels: int, seed: int
) -> None:
    """Precision, recall, F1, support, AUC, average precision and their means, with ties."""
    rows, p = drawn(n, k, levels, seed)
    limits = np.linspace(0.3, 0.6, k)
    found = metrics.label_report(rows, p, limits)
    predicted = (p >= limits).astype(int)
    theirs = sklearn.precision_recall_fscore_support(rows, predicted, average=None, zero_division=0)
    for mine, other in zip(
        (found.precision, found.recall, found.f1, found.support), theirs, strict=True
    ):
        np.testing.assert_allclose(mine, other, atol=1e-12)
    for average in ("macro", "micro"):
        each = getattr(found, average)
        expected = sklearn.precision_recall_fscore_support(
            rows, predicted, average=average, zero_division=0
        )[:3]
        np.testing.assert_allclose((each.precision, each.recall, each.f1), expected, atol=1e-12)
    np.testing.assert_allclose(found.auc, sklearn.roc_auc_score(rows, p, average=None), atol=1e-12)
    own = [sklearn.average_precision_score(rows[:, j], p[:, j]) for j in range(k)]
    np.testing.assert_allclose(found.average_precision, own, atol=1e-12)
    assert found.mean_average_precision == pytest.approx(np.mean(own))
    assert found.exact_match == pytest.approx((rows == predicted).all(axis=1).mean())
    assert found.binary_accuracy == pytest.approx(1 - sklearn.hamming_loss(rows, predicted))


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 60), st.integers(2, 20), st.integers(0, 999))
def test_the_curve_is_that_of_scikit_learn(n: int, levels: int, seed: int) -> None:
    """Precision, recall and thresholds, point by point."""
    rows, p = drawn(n, 1, levels, seed)
    mine = metrics.precision_recall_curve(rows[:, 0], p[:, 0])
    theirs = sklearn.precision_recall_curve(rows[:, 0], p[:, 0])
    for one, other in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


@settings(max_examples=8, deadline=None)
@given(st.integers(2, 40), st.integers(1, 3), st.integers(2, 30), st.integers(0, 999))
def test_no_other_threshold_has_a_higher_f1(n: int, k: int, levels: int, seed: int) -> None:
    """Compared with a fine grid, class by class."""
    rows, p = drawn(n, k, levels, seed)
    best = metrics.best_thresholds(rows, p)
    reached = metrics.label_report(rows, p, best).f1
    for limit in np.linspace(0, 1, 51):
        assert (metrics.label_report(rows, p, limit).f1 <= reached + 1e-12).all()


def test_a_class_without_images_has_no_auc_and_the_threshold_one_half() -> None:
    """NaN, and left out of the mean; the threshold is the default."""
    rows, p = drawn(20, 2, 50, 1)
    rows[:, 1] = 0
    found = metrics.label_report(rows, p)
    assert np.isnan(found.auc[1])
    assert np.isnan(found.average_precision[1])
    assert found.mean_average_precision == found.average_precision[0]
    assert metrics.best_thresholds(rows, p)[1] == 0.5


def test_co_occurrence_counts_images_with_both_classes() -> None:
    """The product of the rows with themselves."""
    rows, _ = drawn(50, 4, 10, 2)
    expected = [[((a == 1) & (b == 1)).sum() for b in rows.T] for a in rows.T]
    assert metrics.co_occurrence(rows).tolist() == expected


@pytest.mark.parametrize(
    ("labels", "p", "says"),
    [
        ([[1, 0]], [[0.5]], r"don't fit: expected rows \(n, k\)"),
        ([[2, 0]], [[0.5, 0.5]], "a label is neither 0 nor 1"),
        ([1, 0], [0.5, 0.5], "don't fit"),
    ],
)
def test_labels_that_are_no_rows_are_refused(labels: ArrayLike, p: ArrayLike, says: str) -> None:
    """Other shapes, other values."""
    with pytest.raises(DataError, match=says):
        metrics.label_report(labels, p)
