"""Spread: the mean, standard deviation and range of a metric over several trainings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from spritenet.errors import ModelError

__all__ = ["Spread"]


@dataclass(frozen=True, slots=True)
class Spread:
    """The values of a metric in several trainings, in four numbers.

    >>> Spread.of([0.25, 0.75])
    0.5000 ± 0.3536 (0.2500 to 0.7500, 2 trainings)

    Attributes:
        mean: the mean.
        std: the standard deviation of a single training, estimated with n - 1; 0 for one value.
        least: the smallest value.
        most: the largest value.
        count: the number of values.
    """

    mean: float
    std: float
    least: float
    most: float
    count: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Returns the spread of finite values.

        Raises:
            ModelError: there is none.
        """
        found = np.array([value for value in values if np.isfinite(value)], np.float64)
        if not found.size:
            raise ModelError("no values", where="Spread", expected="one finite value or more")
        std = float(found.std(ddof=1)) if found.size > 1 else 0.0
        least, most = float(found.min()), float(found.max())
        return cls(float(found.mean()), std, least, most, int(found.size))

    @property
    def standard_error(self) -> float:
        """The standard deviation of the mean."""
        return float(self.std / np.sqrt(self.count))

    def __repr__(self) -> str:
        """Mean, standard deviation and range."""
        return (
            f"{self.mean:.4f} ± {self.std:.4f} "
            f"({self.least:.4f} to {self.most:.4f}, {self.count} trainings)"
        )
