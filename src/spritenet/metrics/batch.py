"""MetricBatch: the outputs of a batch beside what they should be, as metrics read them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MetricBatch", "as_batch"]


@dataclass(frozen=True, eq=False)
class MetricBatch:
    """The outputs of n images beside their labels or targets; what metrics share is cached.

    Attributes:
        outputs: float32 (n, k).
        labels: class indices (n,); None with targets.
        targets: float32 (n, k), or None.
        weights: a factor for each image, float64 (n,); None for 1.
        logits: the function that turns outputs into probabilities, "softmax" or "sigmoid"; empty
            for none.
    """

    outputs: NDArray[np.float32]
    labels: NDArray[np.integer] | None = None
    targets: NDArray[np.float32] | None = None
    weights: NDArray[np.float64] | None = None
    logits: str = ""

    def __len__(self) -> int:
        """The number of images."""
        return len(self.outputs)

    @cached_property
    def predictions(self) -> NDArray[np.float32]:
        """Probabilities, float32 (n, k); outputs that are no logits, as they are."""
        if not self.logits:
            return self.outputs
        return activated(self.outputs, self.logits).astype(np.float32)

    @cached_property
    def truth(self) -> NDArray[np.float64]:
        """The targets, float64 (n, k); of labels, one-hot rows."""
        if self.targets is not None:
            return self.targets.astype(np.float64)
        rows = np.zeros(self.outputs.shape, np.float64)
        rows[np.arange(len(rows)), self.classes] = 1
        return rows

    @cached_property
    def classes(self) -> NDArray[np.integer]:
        """The class of each image, (n,): its label, or the largest of its targets."""
        if self.labels is not None:
            return self.labels
        return np.asarray(self.truth.argmax(axis=1))

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """The largest output of each image, (n,)."""
        return np.asarray(self.outputs.argmax(axis=1))

    def each(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns values, (n,) or (n, k), times the weight of each image."""
        if self.weights is None:
            return values
        return values * (self.weights if values.ndim == 1 else self.weights[:, np.newaxis])


def activated(outputs: NDArray[np.floating], function: str) -> NDArray[np.float64]:
    """Returns the softmax over each row, or the sigmoid of each value."""
    values = outputs.astype(np.float64)
    if function == "sigmoid":
        return 1 / (1 + np.exp(-np.clip(values, -700, 700)))
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    result: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return result


def as_batch(
    y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None, where: str
) -> MetricBatch:
    """Returns arrays as a batch.

    Args:
        y_true: class indices (n,) or (n, 1); or targets of the shape of y_pred.
        y_pred: outputs (n, k), or (n,) for k = 1.
        sample_weight: a factor for each image, (n,).
        where: the metric, for errors.

    Raises:
        DataError: the shapes don't fit, or a label is not the index of an output.
    """
    truth, found = np.asarray(y_true), np.asarray(y_pred, np.float32)
    rows = found.reshape(len(found), -1) if found.ndim else found.reshape(1, 1)
    n, k = rows.shape
    weights = None
    if sample_weight is not None:
        weights = np.asarray(sample_weight, np.float64)
        if weights.size not in (1, n):
            raise _misfit("sample_weight", where, (n,), weights.shape)
        weights = np.broadcast_to(weights.reshape(-1), (n,))
    if truth.size == rows.size and (k == 1 or truth.ndim > 1):
        return MetricBatch(rows, None, truth.reshape(n, k).astype(np.float32), weights)
    if truth.size != n:
        raise _misfit("y_true", where, f"({n},) or {found.shape}", truth.shape)
    labels = truth.reshape(-1).astype(np.int64)
    if (labels != truth.reshape(-1)).any() or (n and not 0 <= labels.min() <= labels.max() < k):
        raise DataError(
            "a label is not the index of an output", where=where, expected=f"0 … {k - 1}"
        )
    return MetricBatch(rows, labels, None, weights)


def _misfit(name: str, where: str, expected: object, got: object) -> DataError:
    """Returns the error for arrays of shapes that don't fit."""
    return DataError(f"{name} doesn't fit y_pred", where=where, expected=expected, got=got)
