"""Thinned: a curve of any length as a few hundred points, each the mean of equally many."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Thinned"]


@dataclass(slots=True, eq=False)
class Thinned:
    """A curve that grows point by point and never holds more than `most` of them.

        >>> curve = Thinned(most=2)
        >>> for step in range(4):
        ...     curve.add(step, 10.0 * step)
        >>> curve.x.tolist(), curve.y.tolist(), curve.low.tolist(), curve.each
        ([0.5, 2.5], [5.0, 25.0], [0.0, 20.0], 2)

    Args:
        most: points to keep; an even number.

    Attributes:
        each: the number of values of which a point is the mean; fewer for the last point.
    """

    most: int = 400
    each: int = 1
    _points: list[tuple[float, float, float, float, int]] = field(default_factory=list)

    @classmethod
    def of(cls, x: ArrayLike, y: ArrayLike) -> Self:
        """Makes the curve of x and y, (n,) each."""
        curve = cls()
        places, values = np.asarray(x, np.float64).tolist(), np.asarray(y, np.float64).tolist()
        for place, value in zip(places, values, strict=True):
            curve.add(place, value)
        return curve

    def add(self, x: float, y: float) -> None:
        """Adds one point."""
        last = self._points[-1] if self._points else None
        if last is not None and last[4] < self.each:
            self._points[-1] = _joined(last, (x, y, y, y, 1))
            return
        if len(self._points) == self.most:
            pairs = zip(self._points[::2], self._points[1::2], strict=True)
            self._points = [_joined(a, b) for a, b in pairs]
            self.each *= 2
        self._points.append((x, y, y, y, 1))

    def __len__(self) -> int:
        return len(self._points)

    @property
    def x(self) -> NDArray[np.float64]:
        """The means of x, (n,)."""
        return np.array([point[0] / point[4] for point in self._points])

    @property
    def y(self) -> NDArray[np.float64]:
        """The means of y, (n,)."""
        return np.array([point[1] / point[4] for point in self._points])

    @property
    def low(self) -> NDArray[np.float64]:
        """The smallest y of each point, (n,)."""
        return np.array([point[2] for point in self._points])

    @property
    def high(self) -> NDArray[np.float64]:
        """The largest y of each point, (n,)."""
        return np.array([point[3] for point in self._points])


def _joined(
    a: tuple[float, float, float, float, int], b: tuple[float, float, float, float, int]
) -> tuple[float, float, float, float, int]:
    """Two points as one: sums, least, greatest, count."""
    return a[0] + b[0], a[1] + b[1], min(a[2], b[2]), max(a[3], b[3]), a[4] + b[4]
