"""Descriptions of charts hold NumPy's numbers and say what they leave out."""

from __future__ import annotations

import numpy as np
import pytest

from spritenet import metrics
from spritenet.charts import (
    Bars,
    ConfusionMatrix,
    Line,
    Thinned,
    calibration_curve,
    confidence_histogram,
    histogram,
    learning_curve,
)
from spritenet.errors import DataError

RANDOM = np.random.default_rng(0)


def test_a_learning_curve_holds_short_series_as_they_are() -> None:
    """Every point has a dot, nothing is averaged, and the last values are in the description."""
    chart = learning_curve("accuracy", {"training": ([1, 2], [0.5, 0.75]), "validation": ([], [])})
    (line,) = chart.content
    assert isinstance(line, Line)
    np.testing.assert_array_equal(line.y, [0.5, 0.75])
    assert (line.low, line.dots, chart.note, chart.percent) == (None, True, "", True)
    assert chart.description == "Accuracy by step. At the end: training 75.0 %."


@pytest.mark.parametrize("series", [([1, 2], [0.5]), ([[1]], [[1]]), (1, 1)])
def test_a_series_whose_x_and_y_differ_is_refused(series: tuple[object, object]) -> None:
    """With its name, and the shapes."""
    with pytest.raises(DataError, match=r"training: x and y don't fit: expected \(n,\) each"):
        learning_curve("loss", {"training": series})  # type: ignore[dict-item]  # on purpose


def test_a_long_learning_curve_says_that_it_is_averaged() -> None:
    """1,000 losses become means of 4 in their range; a sampled journal is mentioned."""
    losses = RANDOM.random(1000)
    curve = Thinned.of(range(1000), losses)
    chart = learning_curve("loss", {"training": curve}, sampled=30)
    (line,) = chart.content
    assert isinstance(line, Line)
    np.testing.assert_allclose(np.asarray(line.y, float), losses.reshape(-1, 4).mean(axis=1))
    assert line.low is not None
    np.testing.assert_array_equal(line.low, losses.reshape(-1, 4).min(axis=1))
    assert chart.note == "one of about 30 steps; means of 4 steps, and their range"


def test_a_histogram_counts_what_numpy_counts() -> None:
    """In the bins of NumPy's own rule of Freedman and Diaconis, without what is not finite."""
    values = RANDOM.normal(size=500)
    chart = histogram(np.append(values, [np.nan, np.inf]))
    (bars,) = chart.content
    assert isinstance(bars, Bars)
    count = len(np.asarray(bars.heights))
    assert abs(count - len(np.histogram_bin_edges(values, "fd")) + 1) <= 1
    np.testing.assert_array_equal(bars.heights, np.histogram(values, count)[0])
    assert chart.note == "2 not finite"
    assert histogram([np.nan]).content == ()


def test_calibration_leaves_empty_bins_out_of_the_curve() -> None:
    """The histogram has them, with a height of 0."""
    labels, rows = RANDOM.integers(0, 4, 50), RANDOM.dirichlet(np.ones(4), 50)
    bins = metrics.calibration(labels, rows)
    perfect, model = calibration_curve(bins).content
    assert isinstance(perfect, Line)
    assert isinstance(model, Line)
    assert perfect.dashed
    np.testing.assert_array_equal(model.y, bins.accuracy[bins.count > 0])
    (bars,) = confidence_histogram(bins).content
    assert isinstance(bars, Bars)
    np.testing.assert_array_equal(bars.heights, bins.count)


def test_a_confusion_matrix_is_shaded_by_recall_and_by_mistakes() -> None:
    """The diagonal is the recall, other cells are fractions of the most frequent mistake."""
    counts = np.array([[6, 2, 0], [4, 4, 0], [0, 0, 0]])
    shown = ConfusionMatrix.of(counts, ["a", "b", "c"])
    expected = np.array([[0.75, 0.5, 0], [1, 0.5, 0], [0, 0, 0]])
    np.testing.assert_allclose(shown.shades, expected)
    assert (shown.names, shown.most_mistakes, shown.note) == (("a", "b", "c"), 4, "")


def test_the_recall_of_a_chosen_class_counts_all_its_images() -> None:
    """Of 60 classes, 40 are shown; a class's fraction is of its whole row, also of what isn't."""
    counts = np.diag(np.full(60, 5))
    counts[50, :] = 1
    shown = ConfusionMatrix.of(counts, [str(n) for n in range(60)])
    assert shown.note == "the 40 most confused of 60 classes"
    place = shown.classes.tolist().index(50)
    assert shown.shades[place, place] == pytest.approx(1 / 60)
