"""Robustness: accuracy against the strength of a perturbation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.dataset.multi_label import Labels
from spritenet.metrics import accuracy_interval
from spritenet.report import perturbations

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RobustnessCurve", "robustness_curves"]

Predict = Callable[["NDArray[np.uint8]"], "NDArray[Any]"]
Perturb = Callable[["NDArray[np.uint8]", float], "NDArray[np.uint8]"]

SIZE = 28
"""Pixels of the side of the images for which the levels below are meant; others in proportion."""


@dataclass(frozen=True, slots=True, eq=False)
class RobustnessCurve:
    """Accuracy against the strength of one perturbation.

    Attributes:
        name: of the perturbation.
        unit: of the levels.
        levels: the strengths, ascending; 0 changes nothing.
        accuracy: at each level.
        low: the lower end of its 95 % confidence interval.
        high: the upper end.
        examples: one image at each level, uint8 (levels, h, w, c).
    """

    name: str
    unit: str
    levels: tuple[float, ...]
    accuracy: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    examples: NDArray[np.uint8]


def robustness_curves(
    predict: Predict, images: NDArray[np.uint8], labels: Labels
) -> tuple[RobustnessCurve, ...]:
    """Returns a curve for each perturbation that images of this size allow.

    Perturbations of less than half a pixel change nothing, so tiny images have fewer curves.

    Args:
        predict: images n h w c → class indices (n,), or multi-label rows (n, k).
        images: uint8 n h w c, not empty; each is changed at each level.
        labels: class indices (n,); or rows (n, k), all of which must be right.
    """
    right = _right(predict(images), labels)
    unchanged = int(right.sum())
    example = int(right.argmax())
    return tuple(
        _curve(predict, images, labels, unchanged, example, *kind)
        for kind in _kinds(images.shape)
        if len(kind[-1]) > 1
    )


def _right(found: NDArray[Any], labels: Labels) -> NDArray[np.bool_]:
    """Returns True for images whose label, or all of whose labels, are right, (n,)."""
    same = np.equal(found, labels)
    return np.asarray(same.all(axis=1)) if same.ndim == 2 else same


def _kinds(shape: tuple[int, ...]) -> list[tuple[str, str, Perturb, tuple[float, ...]]]:
    """Returns name, unit, function and levels of each perturbation, for images n h w c."""
    size = min(shape[1:3]) / SIZE

    def whole(*levels: int) -> tuple[float, ...]:
        return tuple(sorted({float(round(level * size)) for level in levels}))

    return [
        ("shift", "pixels", perturbations.shift, whole(0, 1, 2, 3, 4, 5, 6)),
        ("rotation", "degrees", perturbations.rotate, (-60, -45, -30, -15, 0, 15, 30, 45, 60)),
        ("noise", "grey levels", perturbations.add_noise, (0, 16, 32, 64, 96, 128)),
        (
            "blur",
            "pixels",
            perturbations.blur,
            tuple(round(level * size, 2) for level in (0, 0.5, 1, 1.5, 2, 3)),
        ),
        ("thickness", "pixels", perturbations.thicken, whole(-2, -1, 0, 1, 2, 3)),
    ]


def _curve(
    predict: Predict,
    images: NDArray[np.uint8],
    labels: Labels,
    unchanged: int,
    example: int,
    name: str,
    unit: str,
    perturb: Perturb,
    levels: tuple[float, ...],
) -> RobustnessCurve:
    """Evaluates one perturbation at all its levels."""
    accuracies, lows, highs, examples = [], [], [], []
    for level in levels:
        changed = images if level == 0 else perturb(images, level)
        right = unchanged if level == 0 else int(_right(predict(changed), labels).sum())
        low, high = accuracy_interval(right, len(images))
        accuracies.append(right / len(images))
        lows.append(low)
        highs.append(high)
        examples.append(changed[example])
    values = (tuple(accuracies), tuple(lows), tuple(highs))
    return RobustnessCurve(name, unit, levels, *values, np.stack(examples))
