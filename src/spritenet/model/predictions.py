"""Predictions: what a network said of labelled images, and how good that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet import metrics
from spritenet.errors import DataError
from spritenet.metrics import Calibration, ClassReport

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Predictions", "as_probabilities"]


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What a network said of labelled images.

    Attributes:
        images: uint8, n h w c.
        labels: what they are, class indices (n,).
        probabilities: what the network said, (n, classes); each row sums to 1.
        class_names: what the classes are called.

    Raises:
        DataError: they don't fit each other.
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
        """Whether that class is the label, (n,)."""
        return np.equal(self.predicted, self.labels)

    @property
    def confusion(self) -> NDArray[np.int64]:
        """How many images of class i were taken for class j, (classes, classes)."""
        return metrics.confusion_matrix(self.labels, self.predicted, len(self.class_names))

    @property
    def classes(self) -> ClassReport:
        """Precision, recall and F1 of each class."""
        return metrics.class_report(self.confusion)

    @property
    def accuracy(self) -> float:
        """The share that was right."""
        return metrics.accuracy(self.labels, self.probabilities)

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true accuracy lies with 95 % confidence."""
        return metrics.accuracy_interval(int(self.right.sum()), len(self))

    def top_k(self, k: int = 5) -> float:
        """The share whose label is among the k most probable classes."""
        return metrics.top_k_accuracy(self.labels, self.probabilities, k)

    @property
    def log_loss(self) -> float:
        """The mean of -log(probability of the label), in nats."""
        return metrics.log_loss(self.labels, self.probabilities)

    def calibration(self, bins: int = 15) -> Calibration:
        """How far confidence is from accuracy."""
        return metrics.calibration(self.labels, self.probabilities, bins)

    def mistakes(self, most: int | None = None) -> NDArray[np.int64]:
        """The images that were taken for something else, the most confident first: indices."""
        wrong = np.flatnonzero(~self.right)
        order = np.argsort(-self.confidence[wrong], kind="stable")
        return wrong[order][:most]

    def least_certain(self, most: int | None = None) -> NDArray[np.int64]:
        """The images whose two most probable classes are nearest to each other: indices."""
        if self.probabilities.shape[1] < 2:
            return np.zeros(0, np.int64)
        two = np.partition(self.probabilities, -2, axis=1)[:, -2:]
        order = np.argsort(two[:, 1] - two[:, 0], kind="stable")
        return order[:most].astype(np.int64)


def as_probabilities(outputs: NDArray[np.float32], ending: str) -> NDArray[np.float32]:
    """A network's outputs (n, classes) as probabilities whose rows sum to 1.

    Args:
        outputs: of the last layer.
        ending: the activation they come from. "softmax" leaves them as they are; "linear" ones are
            logits, and get the softmax; of others, what is above zero is divided by its sum.
    """
    if ending == "softmax":
        return outputs
    if ending == "linear":
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        shares: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
        return shares
    above = np.maximum(outputs, 0)
    sums = above.sum(axis=1, keepdims=True)
    even = np.float32(1 / outputs.shape[1])
    return np.where(sums > 0, above / np.where(sums > 0, sums, 1), even)
