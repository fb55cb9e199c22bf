"""The range of pixels that a network of somebody else's was fed with, found on labelled images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spritenet.metrics import accuracy_interval
from spritenet.model.sequential import Sequential
from spritenet.permutation import permutation

if TYPE_CHECKING:
    from spritenet.dataset import Split
    from spritenet.export import SavedModel

__all__ = ["accuracies_by_range", "best_range"]

ENOUGH = 1_000
"""Images that are looked at, at most."""


def accuracies_by_range(model: SavedModel, images: Split) -> dict[str, float]:
    """The accuracy with each range of `export.RANGES`, on up to 1,000 of the images.

    Raises:
        ModelError: the network's outputs aren't classes.
        DataError: the images don't fit the network.
    """
    from spritenet.export import RANGES

    model.check_classifies()
    some = images[permutation(0, 0, len(images), stop=min(ENOUGH, len(images)))]
    return {
        name: float((_fed(model, name).predict_classes(some) == some.labels).mean())
        for name in RANGES
    }


def best_range(accuracies: Mapping[str, float], assumed: str, count: int) -> str:
    """The range of the highest accuracy; the assumed one where the difference may be chance.

    Args:
        accuracies: as `accuracies_by_range` finds them.
        assumed: the range to stay with.
        count: how many images there are.
    """
    best = max(accuracies, key=lambda name: accuracies[name])
    looked = min(count, ENOUGH)
    low, _ = accuracy_interval(round(accuracies[best] * looked), looked)
    return best if low > accuracies[assumed] else assumed


def _fed(model: SavedModel, name: str) -> Sequential:
    """The network, fed with pixels of a range."""
    from spritenet.export import RANGES

    return Sequential.from_saved(model.with_pixels(RANGES[name]))
