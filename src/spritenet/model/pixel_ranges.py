"""Pixel ranges: the input range of a model from another program, found by its accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spritenet.metrics import accuracy_interval
from spritenet.model.model import Model
from spritenet.model.model_file import model_of
from spritenet.permutation import permutation

if TYPE_CHECKING:
    from spritenet.dataset import Split
    from spritenet.export import SavedModel

__all__ = ["accuracies_by_range", "best_range"]

ENOUGH = 1_000
"""Largest number of images evaluated on."""


def accuracies_by_range(model: SavedModel, images: Split) -> dict[str, float]:
    """Returns the accuracy with each range of `export.RANGES`, on up to 1,000 of the images.

    Raises:
        ModelError: the network's outputs aren't classes.
        DataError: the images don't fit the network.
    """
    from spritenet.export import RANGES

    model.check_classifies()
    some = images[permutation(0, 0, len(images), stop=min(ENOUGH, len(images)))]
    return {name: _accuracy(_with_range(model, name), some) for name in RANGES}


def _accuracy(model: Model, images: Split) -> float:
    """Returns the fraction of right classes; of a multi-label split of right answers."""
    if images.is_multi_label:
        return float(((model.predict(images) >= 0.5) == images.labels).mean())
    return float((model.predict_classes(images) == images.labels).mean())


def best_range(accuracies: Mapping[str, float], assumed: str, count: int) -> str:
    """Returns the range of highest accuracy, or the assumed one if the difference may be chance.

    Args:
        accuracies: from `accuracies_by_range`.
        assumed: the range to keep unless another is significantly better.
        count: the number of images.
    """
    best = max(accuracies, key=lambda name: accuracies[name])
    size = min(count, ENOUGH)
    low, _ = accuracy_interval(round(accuracies[best] * size), size)
    return best if low > accuracies[assumed] else assumed


def _with_range(model: SavedModel, name: str) -> Model:
    """Returns the network for pixels of a range."""
    from spritenet.export import RANGES

    return model_of(model.with_pixels(RANGES[name]))
