"""Functions of `keras.utils` that have a meaning here: labels as one-hot rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet.arguments import count
from spritenet.errors import DataError
from spritenet.migration import module_name

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["to_categorical"]

MOST_CLASSES = 65_536
"""Outputs that a layer may have."""


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> NDArray[np.float64]:
    """Class indices as one-hot rows, as Keras makes them. `fit` takes indices as they are.

    >>> to_categorical([0, 2], 3)
    array([[1., 0., 0.],
           [0., 0., 1.]])

    Args:
        x: class indices, of any shape; a last axis of 1 is left out.
        num_classes: the number of classes; by default the largest index plus one.

    Raises:
        DataError: an index is no class.
        ModelError: `num_classes` is no count.
    """
    try:
        labels = np.asarray(x)
    except ValueError as error:  # rows of different lengths
        raise DataError(f"labels are not an array ({error})", where="to_categorical") from error
    whole = labels.astype(np.int64) if labels.dtype.kind in "biuf" else np.zeros(0, np.int64)
    if whole.shape != labels.shape or (whole != labels).any():
        raise DataError("labels are not class indices", where="to_categorical", got=labels.dtype)
    if whole.ndim > 1 and whole.shape[-1] == 1:
        whole = whole[..., 0]
    most = int(whole.max(initial=0)) + 1
    classes = most if num_classes is None else count(num_classes, "num_classes", "to_categorical")
    classes = min(classes, MOST_CLASSES)
    if whole.min(initial=0) < 0 or most > classes:
        raise DataError(
            "a label is out of range",
            where="to_categorical",
            expected=f"0 … {classes - 1}",
            got=f"{whole.min()} … {most - 1}",
        )
    rows: NDArray[np.bool_] = whole[..., None] == np.arange(classes)
    return rows.astype(np.float64)


if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Refuses Keras's other utilities by name."""
        raise module_name(name, __name__, __all__)
