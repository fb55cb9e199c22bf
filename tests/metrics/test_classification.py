"""Every figure is scikit-learn's, on random predictions."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from spritenet import metrics
from spritenet.errors import DataError

sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is the oracle of metrics")

Predictions = tuple[NDArray[np.int64], NDArray[np.float64]]


@st.composite
def predictions(draw: st.DrawFn) -> Predictions:
    """Labels, and probabilities whose rows sum to 1; ties, zeros and ones happen."""
    classes, count = draw(st.integers(3, 6)), draw(st.integers(1, 40))
    labels = draw(arrays.arrays(np.int64, count, elements=st.integers(0, classes - 1)))
    weights = draw(arrays.arrays(np.int64, (count, classes), elements=st.integers(0, 5)))
    weights[np.arange(count), draw(st.integers(0, classes - 1))] += 1
    return labels, weights / weights.sum(axis=1, keepdims=True)


@given(predictions())
def test_accuracies_are_sklearns(drawn: Predictions) -> None:
    """Accuracy; and top-k, where no two probabilities are the same (ties are ours to settle)."""
    labels, rows = drawn
    assert metrics.accuracy(labels, rows) == sklearn.accuracy_score(labels, rows.argmax(axis=1))
    distinct = rows + np.random.default_rng(0).uniform(0, 1e-6, rows.shape)
    for k in (1, 2):
        expected = sklearn.top_k_accuracy_score(labels, distinct, k=k, labels=range(rows.shape[1]))
        assert metrics.top_k_accuracy(labels, distinct, k) == pytest.approx(expected)
    assert metrics.top_k_accuracy(labels, rows, rows.shape[1]) == 1


@given(predictions())
def test_log_loss_is_sklearns(drawn: Predictions) -> None:
    """Also where a probability is 0."""
    labels, rows = drawn
    expected = sklearn.log_loss(labels, rows, labels=range(rows.shape[1]))
    assert metrics.log_loss(labels, rows) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(predictions())
def test_confusion_and_its_figures_are_sklearns(drawn: Predictions) -> None:
    """The matrix, then precision, recall, F1 and support of each class."""
    labels, rows = drawn
    classes = rows.shape[1]
    matrix = metrics.confusion_matrix(labels, rows, classes)
    found = rows.argmax(axis=1)
    np.testing.assert_array_equal(
        matrix, sklearn.confusion_matrix(labels, found, labels=range(classes))
    )
    report = metrics.class_report(matrix)
    expected = sklearn.precision_recall_fscore_support(
        labels, found, labels=range(classes), zero_division=0
    )
    for ours, theirs in zip(
        (report.precision, report.recall, report.f1, report.support), expected, strict=True
    ):
        np.testing.assert_allclose(ours, theirs)


@given(predictions())
def test_averages_are_sklearns(drawn: Predictions) -> None:
    """Macro over the classes that occur or were predicted; weighted by how often they occur."""
    labels, rows = drawn
    found = rows.argmax(axis=1)
    report = metrics.class_report(metrics.confusion_matrix(labels, found, rows.shape[1]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that are predicted and don't occur
        balanced = sklearn.balanced_accuracy_score(labels, found)
    assert report.balanced_accuracy == pytest.approx(balanced)
    for name, ours in (("macro", report.macro), ("weighted", report.weighted)):
        expected = sklearn.precision_recall_fscore_support(
            labels, found, average=name, zero_division=0
        )
        assert (ours.precision, ours.recall, ours.f1) == pytest.approx(expected[:3])


@given(predictions())
def test_per_class_accuracy_is_the_recall_of_classes_that_occur(drawn: Predictions) -> None:
    """And NaN for the others, of which nothing is known."""
    labels, rows = drawn
    found, classes = rows.argmax(axis=1), rows.shape[1]
    ours = metrics.per_class_accuracy(metrics.confusion_matrix(labels, found, classes))
    expected = sklearn.recall_score(
        labels, found, labels=range(classes), average=None, zero_division=np.nan
    )
    np.testing.assert_allclose(ours, expected)


def test_a_class_that_never_occurs_or_is_never_predicted() -> None:
    """Nothing is divided by zero, and such a class's figures are 0."""
    report = metrics.class_report(metrics.confusion_matrix([0, 0, 1], [0, 2, 0], classes=4))
    assert report.support.tolist() == [2, 1, 0, 0]
    assert report.predicted.tolist() == [2, 0, 1, 0]
    assert report.precision.tolist() == [0.5, 0, 0, 0]
    assert report.recall.tolist() == [0.5, 0, 0, 0]
    assert report.macro.recall == pytest.approx(0.5 / 3)  # the class 3 is nowhere
    empty = metrics.class_report(np.zeros((3, 3)))
    assert empty.macro == empty.weighted == metrics.Averages(0, 0, 0)


@given(st.integers(1, 10_000), st.data())
def test_the_interval_is_wilsons(count: int, data: st.DataObject) -> None:
    """Against scipy; and everything is possible where nothing was tried."""
    assert metrics.accuracy_interval(0, 0) == (0, 1)
    stats = pytest.importorskip("scipy.stats")
    right = data.draw(st.integers(0, count))
    found = metrics.accuracy_interval(right, count)
    expected = stats.binomtest(right, count).proportion_ci(0.95, method="wilson")
    assert found == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_an_interval_of_more_right_than_there_are_is_refused() -> None:
    """A mistake of the caller's."""
    with pytest.raises(DataError, match="0 to 3 right"):
        metrics.accuracy_interval(4, 3)


@given(predictions(), st.integers(2, 20))
def test_the_bins_of_calibration_are_sklearns(drawn: Predictions, bins: int) -> None:
    """Those with images; the others are NaN, and counts add up."""
    curve = pytest.importorskip("sklearn.calibration").calibration_curve
    labels, rows = drawn
    found = metrics.calibration(labels, rows, bins)
    right, confidence = rows.argmax(axis=1) == labels, rows.max(axis=1)
    accuracy, mean = curve(right, confidence, n_bins=bins, strategy="uniform", pos_label=True)
    there = found.count > 0
    np.testing.assert_allclose(found.accuracy[there], accuracy)
    np.testing.assert_allclose(found.confidence[there], mean)
    assert np.isnan(found.accuracy[~there]).all()
    assert found.count.sum() == len(labels)
    assert found.error == metrics.calibration_error(labels, rows, bins)


def calibration_by_hand(labels: NDArray[np.int64], rows: NDArray[np.float64], bins: int) -> float:
    """The definition of Guo et al., bin after bin."""
    confidence, right = rows.max(axis=1), rows.argmax(axis=1) == labels
    total = 0.0
    for number in range(bins):
        inside = (confidence > number / bins) & (confidence <= (number + 1) / bins)
        if inside.any():
            total += inside.sum() * abs(right[inside].mean() - confidence[inside].mean())
    return total / len(labels)


@given(predictions(), st.integers(1, 20))
def test_calibration_error_is_its_definition(drawn: Predictions, bins: int) -> None:
    """Bin by bin, away from the edges, where rounding decides."""
    labels, rows = drawn
    rows = rows * 0.999 + 0.001 / rows.shape[1] + 1e-7
    expected = calibration_by_hand(labels, rows, bins)
    assert metrics.calibration_error(labels, rows, bins) == pytest.approx(expected, abs=1e-9)


def test_perfect_and_hopeless_predictions() -> None:
    """The ends of the scales."""
    labels, rows = np.array([0, 1, 2]), np.eye(3)
    assert metrics.accuracy(labels, rows) == 1
    assert metrics.log_loss(labels, rows) == pytest.approx(0)
    assert metrics.calibration_error(labels, rows) == 0
    wrong = np.roll(rows, 1, axis=1)
    assert metrics.accuracy(labels, wrong) == 0
    assert metrics.calibration_error(labels, wrong) == 1
    assert np.isfinite(metrics.log_loss(labels, wrong))


@pytest.mark.parametrize(
    ("labels", "rows"),
    [
        ([0, 1], [[1.0, 0.0]]),
        ([], np.zeros((0, 3))),
        ([2], [[0.5, 0.5]]),
        ([-1], [[0.5, 0.5]]),
        ([0.5], [[0.5, 0.5]]),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels: object, rows: object) -> None:
    """With one line, not with a wrong figure."""
    with pytest.raises(DataError):
        metrics.accuracy(labels, rows)  # type: ignore[arg-type]  # that is the point
