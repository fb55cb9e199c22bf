"""A curve in a line of text: ▇▅▃▂▂▁▁▁, the whole training in a few signs, as it grows."""

from __future__ import annotations

import math

__all__ = ["BLOCKS", "Sparkline"]

BLOCKS = "▁▂▃▄▅▆▇█"


class Sparkline:
    """Takes positive figures in, one by one; gives their curve on a logarithmic scale.

    Each sign is the mean of as many figures as every other, but for the last, which may have fewer.

        >>> line = Sparkline(width=8)
        >>> for loss in (8, 4, 2, 1):
        ...     line.add(loss)
        >>> str(line)
        '█▆▃▁'

    Args:
        width: signs at most.
    """

    def __init__(self, width: int = 12) -> None:
        self.width = width
        self._each = 1
        self._sums: list[float] = []
        self._counts: list[int] = []

    def add(self, figure: float) -> None:
        """Take a figure in."""
        if not self._sums or self._counts[-1] == self._each:
            if len(self._sums) == self.width:  # two become one
                self._sums = [sum(self._sums[k : k + 2]) for k in range(0, self.width, 2)]
                self._counts = [sum(self._counts[k : k + 2]) for k in range(0, self.width, 2)]
                self._each *= 2
                if self._counts[-1] < self._each:
                    self._put(figure)
                    return
            self._sums.append(0.0)
            self._counts.append(0)
        self._put(figure)

    def _put(self, figure: float) -> None:
        """Take a figure into the last sign."""
        self._sums[-1] += figure
        self._counts[-1] += 1

    def __str__(self) -> str:
        """The curve, from its lowest mean to its highest; empty while there is nothing to see."""
        means = [sum_ / count for sum_, count in zip(self._sums, self._counts, strict=True)]
        if len(means) < 2 or min(means) <= 0 or not math.isfinite(max(means)):
            return ""
        low, high = math.log(min(means)), math.log(max(means))
        step = (len(BLOCKS) - 1) / (high - low) if high > low else 0.0
        return "".join(BLOCKS[round((math.log(mean) - low) * step)] for mean in means)
