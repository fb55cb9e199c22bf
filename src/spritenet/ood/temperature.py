"""Temperature scaling: calibrated probabilities.

Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COLDEST", "HOTTEST", "best_temperature", "softened"]

COLDEST, HOTTEST = 0.05, 20.0
"""Limits of a temperature: beyond them, more images would be needed to estimate it."""

ROUNDS = 30
"""Steps of Newton's method; a handful suffices, the rest is a margin."""


def softened(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Returns the softmax of logits / temperature, (n, k)."""
    z = logits / temperature
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    result: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return result


def best_temperature(logits: NDArray[np.float64], labels: NDArray[np.int32]) -> float:
    """Returns the temperature that maximizes the likelihood of the labels.

    The mean of -log p(label) is convex in 1/T: Newton's method, kept within COLDEST … HOTTEST.
    As Platt proposes (Probabilistic Outputs for Support Vector Machines, 1999), a fraction
    1 / (n + 2) of n labels counts as any class: n correct predictions don't prove that none is
    ever wrong.

    Args:
        logits: (n, k).
        labels: (n,).
    """
    z = logits - logits.max(axis=1, keepdims=True)
    smoothing = 1 / (len(z) + 2)
    chosen = (1 - smoothing) * z[np.arange(len(z)), labels].mean() + smoothing * z.mean()
    inverse = 1.0
    for _ in range(ROUNDS):
        p = softened(z, 1 / inverse)
        mean = (p * z).sum(axis=1)
        slope = mean.mean() - chosen
        curve = ((p * z * z).sum(axis=1) - mean * mean).mean()
        # At most twice or half as cold at a time: far from the minimum the curve is nearly flat.
        step = np.clip(slope / max(curve, 1e-12), -inverse, inverse / 2)
        after = min(max(inverse - step, 1 / HOTTEST), 1 / COLDEST)
        if abs(after - inverse) < 1e-9:
            break
        inverse = after
    return float(1 / inverse)
