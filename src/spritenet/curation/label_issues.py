"""Label issues: labels that networks contradict which weren't trained on them.

A label is an issue if another class is more probable by half of what images of that class have on
average: so the bar falls where labels are noisy and networks less certain. The confident joint
counts how classes are taken for each other (Northcutt, Jiang and Chuang, "Confident Learning",
2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LabelIssues", "confident_joint", "find_label_issues"]

MARGIN = 0.5
"""Of a class's mean probability, by which it must surpass the label's."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelIssues:
    """Labels that are probably wrong.

    Attributes:
        indices: images, the least plausible label first, (m,).
        suggested: the class each probably is, (m,).
        scores: the probability of the label less that of the suggested class, -1 … 0, (m,).
        joint: confident images by label and class, (k, k): off the diagonal, how classes are taken
            for each other.
    """

    indices: NDArray[np.int64]
    suggested: NDArray[np.int64]
    scores: NDArray[np.float32]
    joint: NDArray[np.int64]

    def __len__(self) -> int:
        """The number of issues."""
        return len(self.indices)

    def overlaps(self, most: int = 10) -> list[tuple[int, int, int]]:
        """Returns pairs of classes by how many images of one are confidently of the other.

        Args:
            most: the number of pairs.

        Returns:
            Class, class, and images either way; the largest number first.
        """
        both = self.joint + self.joint.T
        first, second = np.triu_indices(len(both), 1)
        counts = both[first, second]
        order = np.argsort(-counts, kind="stable")[:most]
        return [(int(first[i]), int(second[i]), int(counts[i])) for i in order if counts[i]]


def confident_joint(
    labels: NDArray[np.int32], probabilities: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Counts images by their label and the class they are confidently of.

    Args:
        labels: class indices, n.
        probabilities: of images by networks that weren't trained on them, (n, k).

    Returns:
        Counts (k, k). Images that aren't confidently of any class don't count.
    """
    thresholds = _self_confidence(labels, probabilities)
    confident = probabilities >= thresholds - 1e-6
    chosen = np.flatnonzero(confident.any(axis=1))
    found = np.where(confident[chosen], probabilities[chosen], -1).argmax(axis=1)
    joint = np.zeros((len(thresholds), len(thresholds)), np.int64)
    np.add.at(joint, (labels[chosen], found), 1)
    return joint


def find_label_issues(labels: NDArray[np.int32], probabilities: NDArray[np.float32]) -> LabelIssues:
    """Finds labels that are probably wrong.

    Args:
        labels: class indices, n.
        probabilities: of images by networks that weren't trained on them, (n, k), such as
            `cross_val_predict` returns.
    """
    predicted = probabilities.argmax(axis=1)
    rows = np.arange(len(labels))
    scores = probabilities[rows, labels] - probabilities[rows, predicted]
    needed = MARGIN * _self_confidence(labels, probabilities)[predicted]
    wrong = np.flatnonzero((predicted != labels) & (-scores >= needed))
    order = wrong[np.argsort(scores[wrong], kind="stable")].astype(np.int64)
    return LabelIssues(
        order,
        predicted[order].astype(np.int64),
        scores[order].astype(np.float32),
        confident_joint(labels, probabilities),
    )


def _self_confidence(
    labels: NDArray[np.int32], probabilities: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Returns each class's mean probability over the images with its label; infinite if none."""
    classes = probabilities.shape[1]
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    counts = np.bincount(labels, minlength=classes)
    sums = np.bincount(labels, weights=own, minlength=classes)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
