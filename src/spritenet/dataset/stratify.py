"""Which images to set aside, so that every class gives its share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import InputError
from spritenet.permutation import permutation

__all__ = ["set_aside", "stratified"]


def set_aside(validation: float, size: int) -> int:
    """How many of `size` images to set aside.

    Args:
        validation: the share, between 0 and 1; or how many images, as an int.
        size: how many there are.

    Raises:
        InputError: nothing would remain, or nothing be set aside.
    """
    share = validation / size if isinstance(validation, (int, np.integer)) else validation
    total = round(share * size) if 0 < share < 1 else 0
    if not 0 < total < size:
        raise InputError(
            f"this sets none or all of {size} images aside",
            where="validation",
            expected="a share between 0 and 1, or a number of images, that leaves some",
            got=validation,
        )
    return total


def stratified(labels: NDArray[np.int32], total: int, seed: int) -> NDArray[np.bool_]:
    """Chooses `total` images, as many of each class as its share of all images.

    Shares are rounded by largest remainders, so that the total is exact; of equal remainders the
    lower class comes first. Within class k, the chosen ones are the first places of epoch k of an
    order over its images.

    Args:
        labels: n class indices.
        total: how many to choose, at most n.
        seed: decides which.

    Returns:
        A mask (n).
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
