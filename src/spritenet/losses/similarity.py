"""Losses of whole rows of outputs: the angle between them, and their overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spritenet.losses.base import Loss
from spritenet.migration import accepts

__all__ = ["CosineSimilarity", "Dice", "Tversky"]


@accepts
@dataclass(frozen=True, slots=True)
class CosineSimilarity(Loss):
    """-Σ t · y / (|t| · |y|): -1 where outputs and targets point the same way."""

    name: ClassVar[str] = "cosine_similarity"


@accepts
@dataclass(frozen=True, slots=True)
class Dice(Loss):
    """1 - 2 Σ t · y / (Σ t + Σ y), 1e-7 added above and below.

    The sums are over each image's outputs: Keras's with `axis=-1`. Its default takes the whole
    batch as one image.
    """

    name: ClassVar[str] = "dice"


@accepts
@dataclass(frozen=True, slots=True)
class Tversky(Loss):
    """1 - Σ t · y / (Σ t · y + alpha Σ (1 - t) · y + beta Σ t · (1 - y)), with sums as in `Dice`.

    Alpha weighs false positives, as Keras documents it; Keras 3.15 itself computes with the two
    exchanged.

    Args:
        alpha: the weight of what is predicted and not wanted, ≥ 0.
        beta: the weight of what is wanted and not predicted, ≥ 0.
    """

    alpha: float = 0.5
    beta: float = 0.5
    name: ClassVar[str] = "tversky"
