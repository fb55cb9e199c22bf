"""Predictions: the probabilities of labelled images, and their metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet import metrics
from spritenet.errors import DataError
from spritenet.metrics import Calibration, ClassReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["Predictions", "as_probabilities"]


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """The predictions of a network for labelled images.

    Attributes:
        images: uint8, n h w c.
        labels: class indices, (n,).
        probabilities: float32, (n, classes); each row sums to 1.
        class_names: the names of the classes.

    Raises:
        DataError: the shapes don't match.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int32]
    probabilities: NDArray[np.float32]
    class_names: tuple[str, ...]

    def __post_init__(self) -> None:
        n, classes = len(self.images), len(self.class_names)
        if self.labels.shape != (n,) or self.probabilities.shape != (n, classes):
            raise DataError(
                "predictions don't fit the images",
                expected=f"{n} labels, {n} rows of {classes} probabilities",
                got=f"{self.labels.shape} and {self.probabilities.shape}",
            )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class of each image, (n,)."""
        found: NDArray[np.int64] = self.probabilities.argmax(axis=1).astype(np.int64)
        return found

    @property
    def confidence(self) -> NDArray[np.float32]:
        """Its probability, (n,)."""
        largest: NDArray[np.float32] = self.probabilities.max(axis=1, initial=0.0)
        return largest

    @property
    def right(self) -> NDArray[np.bool_]:
        """True for images whose most probable class is their label, (n,)."""
        return np.equal(self.predicted, self.labels)

    @property
    def confusion(self) -> NDArray[np.int64]:
        """The confusion matrix: images of class i predicted as class j, (classes, classes)."""
        return metrics.confusion_matrix(self.labels, self.predicted, len(self.class_names))

    @property
    def classes(self) -> ClassReport:
        """Precision, recall and F1 of each class."""
        return metrics.class_report(self.confusion)

    @property
    def accuracy(self) -> float:
        """The fraction of images whose most probable class is their label."""
        return metrics.accuracy(self.labels, self.probabilities)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of the accuracy."""
        return metrics.accuracy_interval(int(self.right.sum()), len(self))

    def top_k(self, k: int = 5) -> float:
        """Returns the fraction of images whose label is among the k most probable classes."""
        return metrics.top_k_accuracy(self.labels, self.probabilities, k)

    @property
    def log_loss(self) -> float:
        """The mean of -log(probability of the label), in nats."""
        return metrics.log_loss(self.labels, self.probabilities)

    def calibration(self, bins: int = 15) -> Calibration:
        """Returns the calibration: confidence against accuracy, in bins."""
        return metrics.calibration(self.labels, self.probabilities, bins)

    def mistakes(self, most: int | None = None) -> NDArray[np.int64]:
        """Returns the indices of wrongly predicted images, the most confident first."""
        wrong = np.flatnonzero(~self.right)
        order = np.argsort(-self.confidence[wrong], kind="stable")
        return wrong[order][:most]

    def plot_mistakes(self, most: int = 30, *, title: str = "") -> Figure:
        """Plots the most confident mistakes, as "predicted class (true class)".

        Raises:
            DataError: there is none.
        """
        from spritenet import plots

        wrong = self.mistakes(most)
        if not len(wrong):
            raise DataError("no mistakes to show", where="plot_mistakes")
        names, predicted = self.class_names, self.predicted
        captions = [f"{names[predicted[i]]} ({names[self.labels[i]]})" for i in wrong]
        marks = [False] * len(wrong)
        return plots.images(self.images[wrong], captions, right=marks, title=title)

    def least_certain(self, most: int | None = None) -> NDArray[np.int64]:
        """Returns the indices of images by the margin of their two best classes, smallest first."""
        if self.probabilities.shape[1] < 2:
            return np.zeros(0, np.int64)
        two = np.partition(self.probabilities, -2, axis=1)[:, -2:]
        order = np.argsort(two[:, 1] - two[:, 0], kind="stable")
        return order[:most].astype(np.int64)


def as_probabilities(outputs: NDArray[np.float32], ending: str) -> NDArray[np.float32]:
    """Converts outputs (n, classes) to probabilities whose rows sum to 1.

    Args:
        outputs: of the last layer.
        ending: the last activation. Outputs of "softmax" are unchanged; those of "linear" are
            logits, so the softmax is applied; of others the positive part is divided by its sum.
    """
    if ending == "softmax":
        return outputs
    if ending == "linear":
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        probabilities: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
        return probabilities
    above = np.maximum(outputs, 0)
    sums = above.sum(axis=1, keepdims=True)
    even = np.float32(1 / outputs.shape[1])
    return np.where(sums > 0, above / np.where(sums > 0, sums, 1), even)
