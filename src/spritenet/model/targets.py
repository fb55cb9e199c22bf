"""Targets: labels, one-hot rows and targets as an engine takes them, and weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import DataError
from spritenet.losses import Loss, MeanSquaredError, SparseCategoricalCrossentropy

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["labels_or_targets", "weights"]

Targets = tuple["NDArray[np.int32] | None", "NDArray[np.float32] | None"]
"""Labels (n,), or targets (n, k); the other is None."""


def labels_or_targets(y: ArrayLike, count: int, outputs: int, loss: Loss) -> Targets:
    """Returns class indices if y holds classes, else a row of targets for each image.

    Args:
        y: integers (n,) or (n, 1); one-hot rows or probabilities (n, k); for mean squared error
            also any floats (n, k), and (n,) for a single output.
        count: the number of images.
        outputs: k, the number of outputs of the network.
        loss: the loss to minimize.

    Raises:
        DataError: y doesn't fit the images, the outputs or the loss.
    """
    array = np.asarray(y)
    if array.ndim not in (1, 2) or len(array) != count or array.dtype.kind not in "iufb":
        raise DataError(
            "the labels don't fit the images",
            where="y",
            expected=f"{count} numbers or rows",
            got=f"{array.dtype} {array.shape}",
        )
    squared = isinstance(loss, MeanSquaredError)
    single = array.ndim == 1 or array.shape[1] == 1
    if single and not (squared and (outputs == 1 or array.dtype.kind == "f")):
        return _labels(array.reshape(-1), outputs), None
    rows = array.reshape(count, -1).astype(np.float32)
    if rows.shape[1] != outputs:
        raise DataError(
            "the targets don't fit the network's outputs",
            where="y",
            expected=f"{outputs} a row",
            got=rows.shape[1],
        )
    if not np.isfinite(rows).all():
        raise DataError("a target is not a finite number", where="y")
    if squared:
        return None, np.ascontiguousarray(rows)
    if isinstance(loss, SparseCategoricalCrossentropy):
        raise DataError(
            "sparse_categorical_crossentropy needs class indices",
            where="y",
            expected=f"integers ({count},)",
            got=f"rows {array.shape}",
            do="Use categorical_crossentropy, or y.argmax(axis=1).",
        )
    largest = rows.argmax(axis=1)
    if ((rows == 0) | (rows == 1)).all() and (rows.sum(axis=1) == 1).all():
        return largest.astype(np.int32), None
    smooth = loss.smoothing
    return None, np.ascontiguousarray(rows * (1 - smooth) + smooth / outputs, np.float32)


def _labels(array: NDArray[np.generic], outputs: int) -> NDArray[np.int32]:
    """Returns class indices as int32.

    Raises:
        DataError: one is not the index of an output.
    """
    whole = array.astype(np.int64)
    if (whole != array).any():
        raise DataError("a label is not a whole number", where="y")
    if len(whole) and not (whole.min() >= 0 and whole.max() < outputs):
        raise DataError(
            "a label is not among the network's outputs",
            where="y",
            expected=f"0 … {outputs - 1}",
            got=int(whole.max() if whole.max() >= outputs else whole.min()),
            do="Give the last layer as many units as there are classes.",
        )
    return whole.astype(np.int32)


def weights(
    labels: NDArray[np.int32] | None,
    count: int,
    *,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: ArrayLike | None = None,
) -> NDArray[np.float32] | None:
    """Returns the factor on each image's loss, float32 (n,); None if all are 1.

    Args:
        labels: class indices (n,); None if there are targets.
        count: the number of images.
        class_weight: the factor of each class; 1 if it is missing.
        sample_weight: a factor for each image.

    Raises:
        DataError: weights don't fit the images, or are no finite numbers ≥ 0.
    """
    if class_weight is None and sample_weight is None:
        return None
    result = np.ones(count, np.float32)
    if sample_weight is not None:
        given = np.asarray(sample_weight, np.float32)
        if given.shape != (count,):
            raise DataError(
                "the weights don't fit the images",
                where="sample_weight",
                expected=f"({count},)",
                got=given.shape,
            )
        result *= given
    if class_weight is not None:
        if labels is None:
            raise DataError("class weights need labels, not targets", where="class_weight")
        for label, factor in class_weight.items():
            result[labels == label] *= factor
    if not np.isfinite(result).all() or (result < 0).any():
        raise DataError("a weight is not a finite number ≥ 0", where="sample_weight")
    return result
