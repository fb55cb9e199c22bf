"""Suggestions: the unlabelled images that are worth labelling next.

Uncertain images teach most, but the most uncertain ones are often alike. So each next image is the
one with the largest product of uncertainty (1 less the margin between the two most probable
classes) and distance to those chosen before, in the network's features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import InputError, ModelError
from spritenet.model.building import last_activation
from spritenet.model.features import features
from spritenet.model.predictions import as_probabilities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.model import Model

__all__ = ["Suggestion", "suggest"]

AMONG = 20_000
"""Images among which the chosen are spread: the most uncertain ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Suggestion:
    """Images to label next.

    Attributes:
        indices: images, the first to label first, (m,).
        uncertainty: 1 less the margin between the two most probable classes, 0 … 1, (m,).
        likely: the most probable class, (m,).
        second: the second, (m,).
    """

    indices: NDArray[np.int64]
    uncertainty: NDArray[np.float32]
    likely: NDArray[np.int64]
    second: NDArray[np.int64]

    def __len__(self) -> int:
        """The number of images."""
        return len(self.indices)


def suggest(model: Model, images: NDArray[np.uint8], count: int = 20) -> Suggestion:
    """Chooses images whose labels would teach a network most: uncertain, and unlike each other.

    Args:
        model: a trained classifier.
        images: uint8 n h w c, of the model's size, without labels.
        count: images to choose; all if there are no more.

    Raises:
        InputError: the count is below 1.
        ModelError: the model doesn't choose among classes, or takes other images.
    """
    if count < 1:
        raise InputError("count is too small", expected="at least 1", got=count)
    if model.is_multi_label or (model.output_shape or (1,))[-1] < 2:
        raise ModelError(
            "it doesn't choose one of several classes", where=model.name, expected="a classifier"
        )
    rows = as_probabilities(model.predict(images), last_activation(model.layers))
    order = np.argsort(-rows, axis=1, kind="stable")[:, :2]
    top = np.take_along_axis(rows, order, axis=1)
    uncertainty = (1 - (top[:, 0] - top[:, 1])).astype(np.float32)
    among = np.argsort(-uncertainty, kind="stable")[:AMONG]
    points = features(model, images[among])
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    chosen = among[_spread(points / np.maximum(lengths, 1e-12), uncertainty[among], count)]
    return Suggestion(
        chosen.astype(np.int64), uncertainty[chosen], order[chosen, 0], order[chosen, 1]
    )


def _spread(
    points: NDArray[np.float32], weights: NDArray[np.float32], count: int
) -> NDArray[np.int64]:
    """Returns rows by turns: each has the largest product of its weight and its distance.

    The distance is to the nearest of those before; the first is the one of the largest weight.
    """
    left = np.full(len(points), np.inf, np.float32)
    chosen: list[int] = []
    for _ in range(min(count, len(points))):
        value = weights if not chosen else (weights + 1e-6) * left
        place = int(np.where(left < 0, -1, value).argmax())
        chosen.append(place)
        left = np.minimum(left, np.linalg.norm(points - points[place], axis=1))
        left[chosen] = -1
    return np.array(chosen, np.int64)
