"""What is to be learnt, as people hold it: labels, one-hot rows or targets, and weights."""

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
"""Labels (n,), or targets (n, k)."""


def labels_or_targets(y: ArrayLike, count: int, outputs: int, loss: Loss) -> Targets:
    """Class indices where y means classes, else one row of targets an image.

    Args:
        y: integers (n,) or (n, 1); one-hot rows or probabilities (n, k); for mean squared error
            also any floats (n, k), and (n,) for a single output.
        count: how many images there are.
        outputs: k, how many outputs the network has.
        loss: what they are for.

    Raises:
        DataError: they don't fit the images, the outputs or the loss.
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
    """Class indices as int32, each an output's.

    Raises:
        DataError: one is no class.
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
    """The factor on each image's loss, float32 (n,); None where all are 1.

    Args:
        labels: class indices (n,), if the images have any.
        count: how many images there are.
        class_weight: class -> factor; a class that isn't in it has 1.
        sample_weight: a factor for each image.

    Raises:
        DataError: they don't fit the images, or aren't finite numbers ≥ 0.
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
