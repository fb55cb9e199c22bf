"""Hinge losses: those of support vector machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spritenet.losses.base import Loss
from spritenet.migration import accepts

__all__ = ["CategoricalHinge", "Hinge", "SquaredHinge"]


@accepts
@dataclass(frozen=True, slots=True)
class Hinge(Loss):
    """mean of max(0, 1 - t · y), t being -1 or 1.

    An image whose targets all are 0 or 1 has them converted to -1 and 1.
    """

    name: ClassVar[str] = "hinge"


@accepts
@dataclass(frozen=True, slots=True)
class SquaredHinge(Loss):
    """mean of max(0, 1 - t · y)². Targets as for `Hinge`."""

    name: ClassVar[str] = "squared_hinge"


@accepts
@dataclass(frozen=True, slots=True)
class CategoricalHinge(Loss):
    """max(0, 1 + max of (1 - t) · y - Σ t · y), for class indices or one-hot rows."""

    name: ClassVar[str] = "categorical_hinge"
