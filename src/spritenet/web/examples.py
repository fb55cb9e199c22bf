"""A few images of each class, for a page that goes on learning: as a sprite."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from spritenet import sprites
from spritenet.dataset import Dataset, Split
from spritenet.order import permutation

__all__ = ["COUNT", "balanced", "sprite_bytes"]

COUNT = 1500
"""A page that is taught mixes a drawing with examples of everything, lest it forgets the rest."""


def balanced(split: Split, count: int = COUNT) -> Split:
    """As many images of each class, as far as there are any, in a mixed order.

    Args:
        split: to choose from.
        count: images of all classes together, about.
    """
    each = max(1, count // len(split.class_names))
    chosen = []
    for number in range(len(split.class_names)):
        members = np.flatnonzero(split.labels == number)
        if len(members):
            chosen.append(members[permutation(0, number, len(members), 0, min(each, len(members)))])
    indices = np.concatenate(chosen)
    return split[indices[permutation(0, 0, len(indices))]]


def sprite_bytes(data: Dataset | Split) -> bytes:
    """A data set that fits into one sprite, as the bytes of its PNG."""
    with tempfile.TemporaryDirectory(prefix="spritenet-") as folder:
        return sprites.pack(data, Path(folder) / "data.png").read_bytes()
