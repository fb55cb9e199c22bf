"""Stratified choice: the same fraction of the images of every class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import InputError
from spritenet.permutation import permutation

__all__ = ["stratified_mask", "validation_size"]


def validation_size(validation: float, size: int) -> int:
    """Returns the number of images of a validation set.

    Args:
        validation: the fraction, between 0 and 1; or the number of images, as an int.
        size: the number of all images.

    Raises:
        InputError: the validation set or the rest would be empty.
    """
    fraction = validation / size if isinstance(validation, (int, np.integer)) else validation
    total = round(fraction * size) if 0 < fraction < 1 else 0
    if not 0 < total < size:
        raise InputError(
            f"the validation set would hold none or all of {size} images",
            where="validation",
            expected="a fraction between 0 and 1, or a number of images, that leaves some",
            got=validation,
        )
    return total


def stratified_mask(labels: NDArray[np.int32], total: int, seed: int) -> NDArray[np.bool_]:
    """Chooses `total` images, the same fraction of every class.

    Each class's number is rounded by largest remainders, so that the total is exact; of equal
    remainders the lower class comes first. The images chosen of class k are the first of epoch k
    of a permutation of its images.

    Args:
        labels: class indices, n.
        total: the number of images to choose, at most n.
        seed: of the choice.

    Returns:
        A mask (n), true where an image is chosen.
    """
    counts = np.bincount(labels)
    quotas, remainders = np.divmod(counts * total, len(labels))
    largest = np.argsort(-remainders, kind="stable")[: total - int(quotas.sum())]
    quotas[largest] += 1
    by_class = np.split(np.argsort(labels, kind="stable"), np.cumsum(counts)[:-1])
    chosen = np.zeros(len(labels), bool)
    for number in np.flatnonzero(quotas).tolist():
        members = by_class[number]
        first = permutation(seed, number, len(members), 0, int(quotas[number]))
        chosen[members[first]] = True
    return chosen
