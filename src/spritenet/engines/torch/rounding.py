"""Arguments of optimizers, as the core's float32 arithmetic rounds them."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["AnyOptimizer", "rest", "rounded"]

AnyOptimizer = Any
"""An optimizer with the arguments of its class."""


def rounded(value: float) -> float:
    """Returns a number as float32 has it."""
    return float(np.float32(value))


def rest(fraction: float) -> float:
    """Returns 1 - fraction, computed in float32."""
    return float(np.float32(1) - np.float32(fraction))
