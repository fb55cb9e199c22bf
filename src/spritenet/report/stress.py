"""Accuracy on images that are changed more and more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.metrics import accuracy_interval
from spritenet.report import perturbations

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Curve", "stress"]

Predict = Callable[["NDArray[np.uint8]"], "NDArray[np.int64]"]
Change = Callable[["NDArray[np.uint8]", float], "NDArray[np.uint8]"]

SIZE = 28
"""Pixels of the side of the images for which the levels below are meant; others in proportion."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """How the accuracy falls as images change.

    Attributes:
        name: what is done to them.
        unit: of the levels.
        levels: how much, ascending; 0 leaves them as they are.
        accuracy: the share that is still right, at each level.
        low: where the true share begins, with 95 % confidence.
        high: where it ends.
        examples: one image at each level, uint8 (levels, h, w, c).
    """

    name: str
    unit: str
    levels: tuple[float, ...]
    accuracy: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    examples: NDArray[np.uint8]


def stress(
    predict: Predict, images: NDArray[np.uint8], labels: NDArray[np.int32]
) -> tuple[Curve, ...]:
    """A curve for each kind of change that images of this size can undergo.

    Changes of less than half a pixel are none, so tiny images have fewer curves.

    Args:
        predict: images n h w c → class indices (n,).
        images: uint8 n h w c, not empty; each is changed at each level.
        labels: what they are.
    """
    found = predict(images)
    usual = int((found == labels).sum())
    shown = int(np.flatnonzero(found == labels)[0]) if usual else 0
    return tuple(
        _curve(predict, images, labels, usual, shown, *kind)
        for kind in _kinds(images.shape)
        if len(kind[-1]) > 1
    )


def _kinds(shape: tuple[int, ...]) -> list[tuple[str, str, Change, tuple[float, ...]]]:
    """Name, unit, change and levels, for images n h w c."""
    size = min(shape[1:3]) / SIZE

    def whole(*levels: int) -> tuple[float, ...]:
        return tuple(sorted({float(round(level * size)) for level in levels}))

    return [
        ("shift", "pixels", perturbations.shifted, whole(0, 1, 2, 3, 4, 5, 6)),
        ("rotation", "degrees", perturbations.turned, (-60, -45, -30, -15, 0, 15, 30, 45, 60)),
        ("noise", "grey levels", perturbations.noisy, (0, 16, 32, 64, 96, 128)),
        (
            "blur",
            "pixels",
            perturbations.blurred,
            tuple(round(level * size, 2) for level in (0, 0.5, 1, 1.5, 2, 3)),
        ),
        ("thickness", "pixels", perturbations.thickened, whole(-2, -1, 0, 1, 2, 3)),
    ]


def _curve(
    predict: Predict,
    images: NDArray[np.uint8],
    labels: NDArray[np.int32],
    usual: int,
    shown: int,
    name: str,
    unit: str,
    change: Change,
    levels: tuple[float, ...],
) -> Curve:
    """One kind of change, at all its levels."""
    shares, lows, highs, examples = [], [], [], []
    for level in levels:
        changed = images if level == 0 else change(images, level)
        right = usual if level == 0 else int((predict(changed) == labels).sum())
        low, high = accuracy_interval(right, len(images))
        shares.append(right / len(images))
        lows.append(low)
        highs.append(high)
        examples.append(changed[shown])
    figures = (tuple(shares), tuple(lows), tuple(highs))
    return Curve(name, unit, levels, *figures, np.stack(examples))
