"""Losses of numbers: mean errors, Huber, log-cosh, Poisson.

Targets are float rows (n, k), or (n,) for a single output. Class indices become one-hot rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spritenet.losses.base import Loss
from spritenet.migration import accepts

__all__ = [
    "Huber",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
]


@accepts
@dataclass(frozen=True, slots=True)
class MeanSquaredError(Loss):
    """mean of (y - t)²."""

    name: ClassVar[str] = "mean_squared_error"


@accepts
@dataclass(frozen=True, slots=True)
class MeanAbsoluteError(Loss):
    """mean of |y - t|."""

    name: ClassVar[str] = "mean_absolute_error"


@accepts
@dataclass(frozen=True, slots=True)
class MeanAbsolutePercentageError(Loss):
    """mean of 100 · |y - t| / |t|, |t| being at least 1e-7."""

    name: ClassVar[str] = "mean_absolute_percentage_error"


@accepts
@dataclass(frozen=True, slots=True)
class MeanSquaredLogarithmicError(Loss):
    """mean of (log(1 + y) - log(1 + t))², y and t being at least 1e-7."""

    name: ClassVar[str] = "mean_squared_logarithmic_error"


@accepts
@dataclass(frozen=True, slots=True)
class Huber(Loss):
    """mean of (y - t)² / 2 where |y - t| ≤ delta, of delta · |y - t| - delta² / 2 beyond.

    Args:
        delta: where the parabola becomes a straight line, ≥ 0.
    """

    delta: float = 1.0
    name: ClassVar[str] = "huber"


@accepts
@dataclass(frozen=True, slots=True)
class LogCosh(Loss):
    """mean of log(cosh(y - t))."""

    name: ClassVar[str] = "log_cosh"


@accepts
@dataclass(frozen=True, slots=True)
class Poisson(Loss):
    """mean of y - t · log(y + 1e-7). Outputs must not be negative: they have no logarithm."""

    name: ClassVar[str] = "poisson"
