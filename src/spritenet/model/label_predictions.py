"""LabelPredictions: the multi-label predictions of a network, and their metrics."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from spritenet import metrics
from spritenet.dataset.multi_label import label_text
from spritenet.errors import DataError
from spritenet.metrics import LabelReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["LabelPredictions"]


@dataclass(frozen=True, slots=True, eq=False)
class LabelPredictions:
    """The predictions of a network for images that have several classes or none.

    Attributes:
        images: uint8, n h w c.
        labels: uint8 rows (n, k) of 0 and 1.
        probabilities: float32 (n, k), each for itself.
        class_names: the names of the classes.
        thresholds: the probability from which on each class is predicted, float64 (k,).

    Raises:
        DataError: the shapes don't match.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    class_names: tuple[str, ...]
    thresholds: NDArray[np.float64]
    _memo: dict[str, LabelReport] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        shape = len(self.images), len(self.class_names)
        if self.labels.shape != shape or self.probabilities.shape != shape:
            raise DataError(
                "predictions don't fit the images",
                expected=f"{shape[0]} rows of {shape[1]} labels and probabilities",
                got=f"{self.labels.shape} and {self.probabilities.shape}",
            )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def predicted(self) -> NDArray[np.bool_]:
        """True where a class is predicted, (n, k)."""
        return np.asarray(self.probabilities >= self.thresholds)

    @property
    def right(self) -> NDArray[np.bool_]:
        """True for images of which all classes are predicted right, (n,)."""
        return np.asarray((self.predicted == self.labels).all(axis=1))

    @property
    def classes(self) -> LabelReport:
        """Precision, recall, F1, AUC and average precision of each class, and their means."""
        if "classes" not in self._memo:
            self._memo["classes"] = metrics.label_report(
                self.labels, self.probabilities, self.thresholds
            )
        return self._memo["classes"]

    @property
    def exact_match(self) -> float:
        """The fraction of images of which all classes are predicted right."""
        return float(self.right.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of the exact match."""
        return metrics.accuracy_interval(int(self.right.sum()), len(self))

    @property
    def binary_accuracy(self) -> float:
        """The fraction of right answers, over images and classes."""
        return float((self.predicted == self.labels).mean())

    @property
    def co_occurrence(self) -> NDArray[np.int64]:
        """The number of images with both of two classes, (k, k)."""
        return metrics.co_occurrence(self.labels)

    @property
    def predicted_together(self) -> NDArray[np.int64]:
        """The number of images for which both of two classes are predicted, (k, k)."""
        return metrics.co_occurrence(self.predicted)

    def true_text(self, index: int) -> str:
        """Returns the names of an image's classes."""
        return label_text(self.labels[index], self.class_names)

    def predicted_text(self, index: int) -> str:
        """Returns the names of the classes that are predicted for an image."""
        return label_text(self.predicted[index], self.class_names)

    def mistakes(self, most: int | None = None) -> NDArray[np.int64]:
        """Returns the indices of images with a wrong class, the most confident mistakes first.

        The confidence of a mistake is its distance from the threshold, of what is possible there.
        """
        limits = self.thresholds
        room = np.where(self.predicted, 1 - limits, limits)
        away = np.abs(self.probabilities - limits) / np.maximum(room, 1e-9)
        worst = np.where(self.predicted != self.labels, away, -1.0).max(axis=1)
        wrong = np.flatnonzero(~self.right)
        return wrong[np.argsort(-worst[wrong], kind="stable")][:most]

    def least_certain(self, most: int | None = None) -> NDArray[np.int64]:
        """Returns the indices of images by the probability nearest to its threshold."""
        nearest = np.abs(self.probabilities - self.thresholds).min(axis=1)
        return np.argsort(nearest, kind="stable")[:most].astype(np.int64)

    def plot_mistakes(self, most: int = 30, *, title: str = "") -> Figure:
        """Plots the most confident mistakes, as "predicted classes (true classes)".

        Raises:
            DataError: there is none.
        """
        from spritenet import plots

        wrong = self.mistakes(most).tolist()
        if not wrong:
            raise DataError("no mistakes to show", where="plot_mistakes")
        captions = [f"{self.predicted_text(i)} ({self.true_text(i)})" for i in wrong]
        return plots.images(self.images[wrong], captions, right=[False] * len(wrong), title=title)
