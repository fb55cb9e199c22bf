"""Losses of outputs that are each a yes or no: several of an image's labels may be right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spritenet.losses.base import Loss
from spritenet.migration import accepts

__all__ = ["BinaryCrossentropy", "BinaryFocalCrossentropy"]


@accepts
@dataclass(frozen=True, slots=True)
class BinaryCrossentropy(Loss):
    """mean of -t · log(y) - (1 - t) · log(1 - y), computed from the logits inside.

    Targets are rows of k numbers from 0 to 1, or class indices, which become one-hot rows. The
    `class_weight` of `fit` then is a factor on each output's part of the loss; of a network of one
    output, on images labelled 0 and 1.

    Args:
        from_logits: the network ends without a sigmoid.
        label_smoothing: s in 0 ≤ s < 1; t becomes (1 - s) t + s/2.
    """

    from_logits: bool = False
    label_smoothing: float = 0.0
    name: ClassVar[str] = "binary_crossentropy"


@accepts
@dataclass(frozen=True, slots=True)
class BinaryFocalCrossentropy(Loss):
    """The binary cross-entropy times (1 - p)^gamma, where p = t · y + (1 - t)(1 - y).

    Args:
        apply_class_balancing: also a factor t · alpha + (1 - t)(1 - alpha).
        alpha: that of targets that are 1, 0 ≤ alpha ≤ 1.
        gamma: the larger, the less right outputs count, ≥ 0; 0 leaves the cross-entropy.
        from_logits: the network ends without a sigmoid.
        label_smoothing: see `BinaryCrossentropy`.
    """

    apply_class_balancing: bool = False
    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    name: ClassVar[str] = "binary_focal_crossentropy"
