"""Targets: labels, one-hot rows and targets as an engine takes them, and weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import DataError
from spritenet.losses import Loss

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["labels_or_targets", "weights"]

Targets = tuple["NDArray[np.int32] | None", "NDArray[np.float32] | None"]
"""Labels (n,), or targets (n, k); the other is None."""


def labels_or_targets(y: ArrayLike, count: int, outputs: int, loss: Loss) -> Targets:
    """Returns class indices if y holds classes, else a row of targets for each image.

    Args:
        y: integers (n,) or (n, 1); one-hot rows, probabilities or numbers (n, k); for a network
            of one output also any targets (n,). docs/reference/losses.md says which loss takes
            which.
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
    row = loss.row
    classes = row.accuracy == "largest"  # one of them is right
    single = array.ndim == 1 or array.shape[1] == 1
    numbers = outputs == 1 or (array.dtype.kind == "f" and row.targets == "any")
    if single and (classes or not numbers):
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
    binary = bool(((rows == 0) | (rows == 1)).all())
    sums = rows.sum(axis=1)
    if binary and row.targets in ("labels", "distributions"):
        whole = array.dtype.kind in "biu"  # floats that are all 0 may be meant
        _check_single(sums, loss, least=1 if whole else 0)
    if row.targets == "labels":
        raise DataError(
            f"{loss.name} needs class indices",
            where="y",
            expected=f"integers ({count},)",
            got=f"rows {array.shape}",
            do="Use categorical_crossentropy, or y.argmax(axis=1).",
        )
    if row.targets == "fractions":
        _check_fractions(rows, loss)
    if row.accuracy != "each" and outputs > 1 and binary and (sums == 1).all():
        return rows.argmax(axis=1).astype(np.int32), None
    return None, np.ascontiguousarray(rows)


def _check_single(sums: NDArray[np.float32], loss: Loss, *, least: int) -> None:
    """Refuses rows of 0 and 1 that hold several labels, or none, for a loss of one.

    Args:
        sums: of the rows, (n,).
        loss: the loss.
        least: 1s that a row must have.

    Raises:
        DataError: there is such a row.
    """
    if not len(sums) or (sums.min() >= least and sums.max() <= 1):
        return
    many = sums.max() > 1
    raise DataError(
        f"an image has {'several labels' if many else 'no label'}, but a softmax chooses one",
        where="y",
        expected=f"one label an image for {loss.name}",
        got=f"a row whose sum is {sums.max() if many else sums.min():g}",
        do="Use Dense(k, activation='sigmoid') and loss='binary_crossentropy'.",
    )


def _check_fractions(rows: NDArray[np.float32], loss: Loss) -> None:
    """Refuses targets that are no answers from 0 (no) to 1 (yes).

    Raises:
        DataError: one is outside.
    """
    if len(rows) and not (rows.min() >= 0 and rows.max() <= 1):
        raise DataError(
            "a target is outside 0 to 1",
            where="y",
            expected=f"0 to 1 for {loss.name}",
            got=f"{rows.max() if rows.max() > 1 else rows.min():g}",
            do="For one class of several, use a softmax and sparse_categorical_crossentropy.",
        )


def _labels(array: NDArray[np.generic], outputs: int) -> NDArray[np.int32]:
    """Returns class indices as int32.

    Raises:
        DataError: one is not the index of an output.
    """
    whole = array.astype(np.int64)
    if (whole != array).any():
        raise DataError("a label is not a whole number", where="y")
    if len(whole) and not (whole.min() >= 0 and whole.max() < outputs):
        negative = whole.min() < 0
        raise DataError(
            "a label is not among the network's outputs",
            where="y",
            expected=f"0 … {outputs - 1}",
            got=int(whole.min() if negative else whole.max()),
            do="Number the classes from 0."
            if negative
            else "Give the last layer as many units as there are classes.",
        )
    return whole.astype(np.int32)


def weights(
    labels: NDArray[np.integer] | None,
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
