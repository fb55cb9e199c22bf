"""Metrics of classes of which one is right.

Labels are class indices (n,); probabilities are (n, classes), each row summing to 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import DataError
from spritenet.migration import accepts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Averages",
    "Calibration",
    "ClassReport",
    "accuracy",
    "accuracy_interval",
    "calibration",
    "calibration_error",
    "class_report",
    "confusion_matrix",
    "fractions",
    "log_loss",
    "per_class_accuracy",
    "top_k_accuracy",
]

NORMAL_97_5 = 1.959964
"""The 97.5 % quantile of the standard normal distribution."""

LEAST_PROBABILITY = float(np.finfo(np.float64).eps)
"""As scikit-learn cuts it, so that one confident mistake doesn't make the log loss infinite."""


@accepts
def accuracy(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Returns the fraction of images whose most probable class is their label.

    >>> accuracy([0, 1], [[0.9, 0.1], [0.8, 0.2]])
    0.5

    Raises:
        DataError: labels and probabilities don't fit.
    """
    known, rows = _checked(labels, probabilities)
    return float((rows.argmax(axis=1) == known).mean())


@accepts
def accuracy_interval(right: int, count: int) -> tuple[float, float]:
    """Returns the 95 % confidence interval of an accuracy, of `right` images of `count`.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.

    >>> low, high = accuracy_interval(98, 100)
    >>> f"{low:.3f} {high:.3f}"
    '0.930 0.994'

    Raises:
        DataError: more were right than there are.
    """
    if not 0 <= right <= count:
        raise DataError("invalid count", expected=f"0 to {count} right", got=right)
    if not count:
        return 0.0, 1.0
    z2 = NORMAL_97_5**2
    share = right / count
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    width = NORMAL_97_5 * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    width /= 1 + z2 / count
    low = max(0.0, middle - width) if right else 0.0
    high = min(1.0, middle + width) if right < count else 1.0
    return low, high


@accepts
def top_k_accuracy(labels: ArrayLike, probabilities: ArrayLike, k: int = 5) -> float:
    """Returns the fraction of images whose label is among the k most probable classes.

    Of equally probable classes the first come first.

    >>> top_k_accuracy([2, 1], [[0.5, 0.3, 0.2], [0.8, 0.2, 0.0]], k=2)
    0.5

    Raises:
        DataError: labels and probabilities don't fit, or k is less than 1.
    """
    known, rows = _checked(labels, probabilities)
    if k < 1:
        raise DataError("invalid k", where="top_k_accuracy", expected="at least 1", got=k)
    best = np.argsort(-rows, axis=1, kind="stable")[:, :k]
    return float((best == known[:, None]).any(axis=1).mean())


@accepts
def log_loss(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """The mean of -log(probability of the label), in nats.

    >>> round(log_loss([0, 0], [[0.5, 0.5], [1, 0]]), 4)
    0.3466

    Raises:
        DataError: labels and probabilities don't fit.
    """
    known, rows = _checked(labels, probabilities)
    chosen = rows[np.arange(len(known)), known]
    return float(-np.log(np.clip(chosen, LEAST_PROBABILITY, 1)).mean())


@accepts
def confusion_matrix(labels: ArrayLike, predicted: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Returns the number of images of class i predicted as class j: int64 (classes, classes).

    >>> confusion_matrix([0, 0, 1], [0, 1, 1], classes=2).tolist()
    [[1, 1], [0, 1]]

    Args:
        labels: class indices (n,).
        predicted: class indices (n,), or probabilities (n, classes).
        classes: the number of classes.

    Raises:
        DataError: they don't fit, or an index is no class.
    """
    known, found = np.asarray(labels), np.asarray(predicted)
    if found.ndim == 2:
        known, rows = _checked(known, found)
        found = rows.argmax(axis=1)
    if known.shape != found.shape or known.ndim != 1:
        raise DataError("labels don't fit", expected=known.shape, got=found.shape)
    known, found = known.astype(np.int64), found.astype(np.int64)
    for indices in (known, found):
        if len(indices) and not (indices.min() >= 0 and indices.max() < classes):
            raise DataError("a class index is out of range", expected=f"0 … {classes - 1}")
    counts = np.bincount(known * classes + found, minlength=classes * classes)
    return counts.reshape(classes, classes)


@accepts
def per_class_accuracy(confusion: ArrayLike) -> NDArray[np.float64]:
    """Returns the accuracy of each class: float64 (classes,).

    It is the recall, but NaN for a class that has no images: nothing is known of it.

    >>> per_class_accuracy([[1, 1, 0], [0, 2, 0], [0, 0, 0]]).tolist()
    [0.5, 1.0, nan]

    Raises:
        DataError: the matrix is not square.
    """
    report = class_report(confusion)
    return np.where(report.support > 0, report.recall, np.nan)


@dataclass(frozen=True, slots=True)
class Averages:
    """Precision, recall and F1 averaged over classes."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, eq=False)
class ClassReport:
    """Metrics of each class, float64 (classes,); 0 where there is nothing to divide by.

    Attributes:
        precision: of the images predicted as the class, the fraction that is of it.
        recall: of the images of the class, the share taken for it.
        f1: the harmonic mean of the two.
        support: the number of images of the class, int64.
        predicted: the number of images predicted as the class, int64.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.int64]
    predicted: NDArray[np.int64]

    @property
    def macro(self) -> Averages:
        """The plain means over the classes that occur or were predicted, as in scikit-learn."""
        return self._averages(((self.support > 0) | (self.predicted > 0)).astype(np.float64))

    @property
    def balanced_accuracy(self) -> float:
        """The mean recall of the classes that occur, as in scikit-learn; 0 without images."""
        there = self.support > 0
        return float(self.recall[there].mean()) if there.any() else 0.0

    @property
    def weighted(self) -> Averages:
        """The means over the images: a class counts as often as it occurs."""
        return self._averages(self.support.astype(np.float64))

    def _averages(self, weights: NDArray[np.float64]) -> Averages:
        """The weighted means; 0 where there are no images."""
        total = float(weights.sum()) or 1.0
        figures = (self.precision, self.recall, self.f1)
        return Averages(*(float(figure @ weights) / total for figure in figures))


@accepts
def class_report(confusion: ArrayLike) -> ClassReport:
    """Precision, recall and F1 of each class, from a confusion matrix (classes, classes).

    >>> class_report([[1, 1], [0, 2]]).recall.tolist()
    [0.5, 1.0]

    Raises:
        DataError: the matrix is not square.
    """
    matrix = np.asarray(confusion, np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise DataError("the confusion matrix is not square", got=matrix.shape)
    right, taken, there = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
    return ClassReport(
        fractions(right, taken),
        fractions(right, there),
        fractions(2 * right, taken + there),
        there.astype(np.int64),
        taken.astype(np.int64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Accuracy and mean confidence in bins of confidence of equal width.

    Attributes:
        edges: of the bins, float64 (bins + 1,), from 0 to 1.
        count: the number of images in each bin, int64 (bins,).
        confidence: the mean of their largest probabilities, float64 (bins,); NaN in an empty bin.
        accuracy: the fraction of correct predictions, float64 (bins,); NaN in an empty bin.
        error: the expected calibration error: the mean over the images of their bin's gap, 0 … 1.
    """

    edges: NDArray[np.float64]
    count: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    error: float


@accepts
def calibration(labels: ArrayLike, probabilities: ArrayLike, bins: int = 15) -> Calibration:
    """Returns accuracy and mean confidence, bin by bin.

    Images are sorted into bins of equal width by their largest probability, (0, 1/bins], ….
    Guo et al., On Calibration of Modern Neural Networks, 2017.

    >>> found = calibration([0, 0], [[0.9, 0.1], [0.2, 0.8]], bins=10)
    >>> found.count.tolist()[7:], round(found.error, 2)
    ([1, 1, 0], 0.45)

    Raises:
        DataError: labels and probabilities don't fit, or there is no bin.
    """
    known, rows = _checked(labels, probabilities)
    if bins < 1:
        raise DataError("invalid bins", where="calibration", expected="≥ 1", got=bins)
    confidence, right = rows.max(axis=1), rows.argmax(axis=1) == known
    edges = np.linspace(0, 1, bins + 1)
    number = np.searchsorted(edges[1:-1], confidence, side="left")
    count = np.bincount(number, minlength=bins)
    sums = [np.bincount(number, values, minlength=bins) for values in (confidence, right)]
    gaps = np.abs(np.bincount(number, right - confidence, minlength=bins))
    means = [np.divide(s, count, out=np.full(bins, np.nan), where=count > 0) for s in sums]
    return Calibration(edges, count, means[0], means[1], float(gaps.sum() / len(known)))


@accepts
def calibration_error(labels: ArrayLike, probabilities: ArrayLike, bins: int = 15) -> float:
    """Returns the expected calibration error, 0 … 1: the mean gap of confidence and accuracy.

    Raises:
        DataError: labels and probabilities don't fit, or there is no bin.
    """
    return calibration(labels, probabilities, bins).error


def fractions(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns part / whole, 0 where whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _checked(
    labels: ArrayLike, probabilities: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels (n,) and rows (n, classes) that fit each other.

    Raises:
        DataError: they don't, or there are none.
    """
    known, rows = np.asarray(labels), np.asarray(probabilities, np.float64)
    if known.ndim != 1 or rows.ndim != 2 or len(known) != len(rows) or not len(known):
        raise DataError(
            "labels and probabilities don't fit",
            expected="(n,) and (n, classes), n > 0",
            got=f"{known.shape} and {rows.shape}",
        )
    if known.dtype.kind not in "iu" or known.min() < 0 or known.max() >= rows.shape[1]:
        raise DataError("a label is out of range", expected=f"0 … {rows.shape[1] - 1}")
    return known.astype(np.int64), rows
