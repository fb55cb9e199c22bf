"""Stratified choice: the same fraction of the images of every class.

Of multi-label images by iterative stratification, after K. Sechidis, G. Tsoumakas and I. Vlahavas,
On the Stratification of Multi-label Data, ECML PKDD 2011.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.multi_label import Labels, is_multi_label
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


def stratified_mask(labels: Labels, total: int, seed: int) -> NDArray[np.bool_]:
    """Chooses `total` images, the same fraction of every class.

    Each class's number is rounded by largest remainders, so that the total is exact; of equal
    remainders the lower class comes first. The images chosen of class k are the first of epoch k
    of a permutation of its images. Of multi-label rows the fractions are as equal as iterative
    stratification makes them.

    Args:
        labels: class indices, n, or multi-label rows, n k.
        total: the number of images to choose, at most n.
        seed: of the choice.

    Returns:
        A mask (n), true where an image is chosen.
    """
    if is_multi_label(labels):
        return _iterative_mask(labels, total, seed)
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


def _iterative_mask(rows: NDArray[np.uint8], total: int, seed: int) -> NDArray[np.bool_]:
    """Chooses `total` images by their multi-label rows (n, k).

    The rarest class among the images left is dealt out first: each of its images, in the order of a
    permutation, goes to the part that lacks more of all its classes together, in fractions of what
    each class has there in the end; the paper looks at the rarest class alone, which leaves data of
    many classes uneven. Images without a label fill up.
    """
    n = len(rows)
    fractions = np.array([1 - total / n, total / n])  # of the rest, of the chosen
    mixed = permutation(seed, 0, n)
    chosen = np.zeros(n, bool)
    waiting = np.ones(n, bool)
    counts = rows.sum(axis=0, dtype=np.int64)
    lacks = np.outer(fractions, counts)
    scale = 1 / (fractions[:, np.newaxis] * np.maximum(1, counts))
    room = [n - total, total]
    while counts.any():
        rarest = int(np.where(counts > 0, counts, n + 1).argmin())
        members = mixed[waiting[mixed] & (rows[mixed, rarest] == 1)]
        for image in members.tolist():
            own = rows[image] == 1
            rest, wanted = (lacks[:, own] * scale[:, own]).sum(axis=1).tolist()
            part = int(wanted > rest)
            if math.isclose(wanted, rest, abs_tol=1e-12):
                part = int(room[1] / fractions[1] > room[0] / fractions[0])
            part = part if room[part] else 1 - part
            chosen[image] = part == 1
            room[part] -= 1
            lacks[part] -= rows[image]
        waiting[members] = False
        counts -= rows[members].sum(axis=0, dtype=np.int64)
    chosen[mixed[waiting[mixed]][: room[1]]] = True
    return chosen
