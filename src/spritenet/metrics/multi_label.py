"""Metrics of multi-label predictions: an image has several classes or none.

Labels are rows (n, k) of 0 and 1; probabilities are (n, k), each for itself. A class is predicted
where its probability is at least its threshold. As in scikit-learn, except that a class without
images or with nothing but images has no AUC and no average precision: NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import DataError
from spritenet.metrics.classification import Averages, fractions
from spritenet.migration import accepts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "LabelReport",
    "average_precision",
    "best_thresholds",
    "co_occurrence",
    "label_report",
    "precision_recall_curve",
    "roc_auc",
]

DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class LabelReport:
    """Metrics of each class, float64 (k,), and of the images.

    Attributes:
        thresholds: the probability from which on a class is predicted.
        precision: of the images predicted as the class, the fraction that has it; 0 without any.
        recall: of the images with the class, the fraction predicted as it; 0 without any.
        f1: the harmonic mean of the two.
        support: the number of images with the class, int64.
        predicted: the number of images predicted as the class, int64.
        auc: the area under the ROC curve; NaN for a class that all images have, or none.
        average_precision: the area under the precision-recall curve; NaN likewise.
        exact_match: the fraction of images of which all classes are predicted right.
        binary_accuracy: the fraction of right answers, over images and classes.
        micro: precision, recall and F1 of all answers together.
    """

    thresholds: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.int64]
    predicted: NDArray[np.int64]
    auc: NDArray[np.float64]
    average_precision: NDArray[np.float64]
    exact_match: float
    binary_accuracy: float
    micro: Averages

    @property
    def macro(self) -> Averages:
        """The plain means over the classes, as in scikit-learn."""
        return Averages(*(float(each.mean()) for each in (self.precision, self.recall, self.f1)))

    @property
    def mean_average_precision(self) -> float:
        """The mean of the average precision over the classes that have one; NaN without any."""
        known = self.average_precision[~np.isnan(self.average_precision)]
        return float(known.mean()) if len(known) else float("nan")


@accepts
def label_report(
    labels: ArrayLike, probabilities: ArrayLike, thresholds: ArrayLike = DEFAULT_THRESHOLD
) -> LabelReport:
    """Returns the metrics of multi-label predictions.

    >>> found = label_report([[1, 0], [1, 1]], [[0.9, 0.6], [0.3, 0.8]])
    >>> found.recall.tolist(), found.exact_match, found.binary_accuracy
    ([0.5, 1.0], 0.0, 0.5)

    Args:
        labels: rows (n, k) of 0 and 1.
        probabilities: (n, k).
        thresholds: one for all classes, or (k,).

    Raises:
        DataError: labels and probabilities don't fit.
    """
    known, rows = _checked(labels, probabilities)
    limits = np.broadcast_to(np.asarray(thresholds, np.float64), rows.shape[1:]).copy()
    predicted = rows >= limits
    right, there, taken = (
        each.sum(axis=0).astype(np.float64) for each in (known & predicted, known, predicted)
    )
    same = known == predicted
    tp, found, wanted = float(right.sum()), float(taken.sum()), float(there.sum())
    return LabelReport(
        limits,
        fractions(right, taken),
        fractions(right, there),
        fractions(2 * right, taken + there),
        there.astype(np.int64),
        taken.astype(np.int64),
        roc_auc(known, rows),
        average_precision(known, rows),
        float(same.all(axis=1).mean()),
        float(same.mean()),
        Averages(tp / (found or 1), tp / (wanted or 1), 2 * tp / (found + wanted or 1)),
    )


@accepts
def best_thresholds(labels: ArrayLike, probabilities: ArrayLike) -> NDArray[np.float64]:
    """Returns the threshold of each class that maximizes its F1, float64 (k,).

    It lies halfway between two probabilities; of several the one nearest to 0.5. A class without
    images keeps 0.5. Z. C. Lipton, C. Elkan and B. Naryanaswamy, Optimal Thresholding of
    Classifiers to Maximize F1 Measure, ECML PKDD 2014.

    >>> best_thresholds([[1], [1], [0]], [[0.9], [0.3], [0.1]]).round(6).tolist()
    [0.2]

    Raises:
        DataError: labels and probabilities don't fit.
    """
    known, rows = _checked(labels, probabilities)
    found = np.full(rows.shape[1], DEFAULT_THRESHOLD)
    for k in range(rows.shape[1]):
        positives = int(known[:, k].sum())
        if not positives:
            continue
        scores, right, taken = _cumulated(known[:, k], rows[:, k])
        f1 = 2 * right / (taken + positives)
        below = np.append(scores[1:], 0.0)
        halfway = (scores + below) / 2
        best = np.flatnonzero(f1 == f1.max())
        found[k] = halfway[best[np.abs(halfway[best] - DEFAULT_THRESHOLD).argmin()]]
    return found


@accepts
def precision_recall_curve(
    labels: ArrayLike, scores: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Returns precision and recall (m + 1,) at each threshold (m,) of one class, ascending.

    The last point is precision 1 and recall 0, as in scikit-learn.

    >>> precision, recall, thresholds = precision_recall_curve([0, 1, 1], [0.2, 0.4, 0.3])
    >>> precision.round(3).tolist(), recall.tolist(), thresholds.tolist()
    ([0.667, 1.0, 1.0, 1.0], [1.0, 1.0, 0.5, 0.0], [0.2, 0.3, 0.4])

    Args:
        labels: (n,) of 0 and 1.
        scores: (n,).

    Raises:
        DataError: they don't fit, or no label is 1.
    """
    known, rows = _checked(np.reshape(labels, (-1, 1)), np.reshape(scores, (-1, 1)))
    positives = int(known.sum())
    if not positives:
        raise DataError("no label is 1", where="precision_recall_curve")
    limits, right, taken = _cumulated(known[:, 0], rows[:, 0])
    precision, recall = right / taken, right / positives
    return np.append(precision[::-1], 1.0), np.append(recall[::-1], 0.0), limits[::-1]


@accepts
def average_precision(labels: ArrayLike, probabilities: ArrayLike) -> NDArray[np.float64]:
    """Returns Σ (R[i] - R[i-1]) · P[i] of each class, the area under its precision-recall curve.

    >>> average_precision([[1, 0], [1, 1]], [[0.9, 0.6], [0.3, 0.8]]).tolist()
    [1.0, 1.0]

    Args:
        labels: rows (n, k) of 0 and 1.
        probabilities: (n, k).

    Returns:
        float64 (k,); NaN for a class without images.

    Raises:
        DataError: they don't fit.
    """
    known, rows = _checked(labels, probabilities)
    found = np.full(rows.shape[1], np.nan)
    for k in np.flatnonzero(known.any(axis=0)).tolist():
        _, right, taken = _cumulated(known[:, k], rows[:, k])
        steps = np.diff(right, prepend=0) / right[-1]
        found[k] = float((steps * right / taken).sum())
    return found


@accepts
def roc_auc(labels: ArrayLike, probabilities: ArrayLike) -> NDArray[np.float64]:
    """Returns the area under the ROC curve of each class.

    It is the probability that an image with the class has a higher score than one without; equal
    scores count half.

    >>> roc_auc([[1], [0], [0]], [[0.6], [0.7], [0.1]]).tolist()
    [0.5]

    Args:
        labels: rows (n, k) of 0 and 1.
        probabilities: (n, k).

    Returns:
        float64 (k,); NaN for a class that all images have, or none.

    Raises:
        DataError: they don't fit.
    """
    known, rows = _checked(labels, probabilities)
    found = np.full(rows.shape[1], np.nan)
    for k in range(rows.shape[1]):
        _, right, taken = _cumulated(known[:, k], rows[:, k])
        wrong = taken - right
        if right[-1] and wrong[-1]:
            heights = right - np.diff(right, prepend=0) / 2
            areas = np.diff(wrong, prepend=0) * heights
            found[k] = float(areas.sum() / right[-1] / wrong[-1])
    return found


@accepts
def co_occurrence(labels: ArrayLike) -> NDArray[np.int64]:
    """Returns the number of images with class i and class j, int64 (k, k).

    The diagonal holds the images of each class.

    >>> co_occurrence([[1, 1], [1, 0]]).tolist()
    [[2, 1], [1, 1]]

    Args:
        labels: rows (n, k) of 0 and 1.
    """
    rows = np.asarray(labels).astype(np.int64)
    if rows.ndim != 2:
        raise DataError("labels are no rows", expected="(n, k)", got=rows.shape)
    counts: NDArray[np.int64] = rows.T @ rows
    return counts


def _cumulated(
    known: NDArray[np.bool_], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Returns the distinct scores, descending, and for each the right and all images from it on."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    right = np.cumsum(known[order])[ends].astype(np.float64)
    return scores[order][ends], right, (ends + 1).astype(np.float64)


def _checked(
    labels: ArrayLike, probabilities: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Returns labels and probabilities (n, k) that fit each other.

    Raises:
        DataError: they don't, or there are none.
    """
    known, rows = np.asarray(labels), np.asarray(probabilities, np.float64)
    if known.ndim != 2 or known.shape != rows.shape or not known.size:
        raise DataError(
            "labels and probabilities don't fit",
            expected="rows (n, k) of both, n > 0",
            got=f"{known.shape} and {rows.shape}",
        )
    if known.dtype.kind not in "biuf" or not np.isin(known, (0, 1)).all():
        raise DataError("a label is neither 0 nor 1")
    return known.astype(np.bool_), rows
