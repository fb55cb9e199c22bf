"""Rank slices: the part of each batch that one rank sees, where several share an epoch.

A batch is cut into `ranks` parts as equal as can be. So the images of a step don't depend on the
number of ranks, and a run can be resumed with another number of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import InputError

__all__ = ["RankSlice", "check"]


@dataclass(frozen=True, slots=True)
class RankSlice:
    """The part of each batch that one rank sees.

    Args:
        batch_size: images in a batch, of all ranks together.
        rank: number of the part, from 0.
        ranks: number of parts.
        drop_last: if True, drops the last batch of an epoch if it is smaller.
    """

    batch_size: int = 1
    rank: int = 0
    ranks: int = 1
    drop_last: bool = False

    def sizes(self, size: int, done: int) -> Iterator[int]:
        """Yields the number of its images in each batch after the first `done` images."""
        full, rest = divmod(size - done, self.batch_size)
        for _ in range(full):
            yield self._cut(self.batch_size, self.rank + 1) - self._cut(self.batch_size, self.rank)
        if rest and not self.drop_last:
            yield self._cut(rest, self.rank + 1) - self._cut(rest, self.rank)

    def select(
        self, wanted: NDArray[np.int64], start: int, first: int, end: int
    ) -> NDArray[np.int64]:
        """Returns those of some images that belong to this rank.

        Args:
            wanted: the images at the places from `start` on.
            start: the place of the first of them.
            first: the place at which the epoch's first batch begins.
            end: the size of the epoch.
        """
        last = end - (end - first) % self.batch_size  # the first place of a batch that is not full
        if self.ranks == 1:
            return wanted[: max(0, last - start)] if self.drop_last else wanted
        places = np.arange(start, start + len(wanted))
        inside = (places - first) % self.batch_size
        own = self._is_own(inside, self.batch_size)
        short = places >= last
        own[short] = False if self.drop_last else self._is_own(inside[short], end - last)
        return wanted[own]

    def _is_own(self, inside: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
        """Returns a mask of the places in a batch of this size that belong to this rank."""
        low, high = self._cut(size, self.rank), self._cut(size, self.rank + 1)
        return np.asarray((inside >= low) & (inside < high))

    def _cut(self, size: int, rank: int) -> int:
        """Returns the first place of a rank's part in a batch of this size."""
        return size * rank // self.ranks


def check(what: str, number: int, least: int, most: int | None = None) -> None:
    """Raises InputError unless a number is in its range."""
    if number < least and most is None:
        raise InputError(f"{what} is too small", expected=f"at least {least}", got=number)
    if not least <= number <= (number if most is None else most):
        raise InputError(f"{what} is out of range", expected=f"{least} to {most}", got=number)
