"""First values: zeros, ones, and random numbers that follow from a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spritenet.ops.tensor import Tensor

__all__ = ["ones", "random_normal", "random_uniform", "truncated_normal", "zeros"]


def zeros(shape: Sequence[int]) -> Tensor:
    """Returns a tensor of zeros."""
    return Tensor(np.zeros(tuple(shape)))


def ones(shape: Sequence[int]) -> Tensor:
    """Returns a tensor of ones."""
    return Tensor(np.ones(tuple(shape)))


def random_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, seed: int | None = None
) -> Tensor:
    """Returns normally distributed numbers.

    Args:
        shape: their shape.
        mean: their mean.
        stddev: their standard deviation.
        seed: the same seed gives the same numbers; None for others each time.
    """
    return Tensor(np.random.default_rng(seed).normal(mean, stddev, tuple(shape)))


def random_uniform(
    shape: Sequence[int], low: float = 0.0, high: float = 1.0, seed: int | None = None
) -> Tensor:
    """Returns equally distributed numbers from `low` to below `high`."""
    return Tensor(np.random.default_rng(seed).uniform(low, high, tuple(shape)))


def truncated_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, seed: int | None = None
) -> Tensor:
    """Returns normally distributed numbers within two standard deviations of the mean."""
    random = np.random.default_rng(seed)
    values = random.normal(size=tuple(shape))
    while (far := np.abs(values) > 2).any():
        values[far] = random.normal(size=int(far.sum()))
    return Tensor(mean + stddev * values)
