"""Which images of each batch are one rank's, where several work on the same epoch.

A batch is cut into `ranks` parts as equal as can be. Which images a step sees does then not depend
on how many ranks there are, and a run goes on with another number of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import InputError

__all__ = ["Share", "check"]


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a rank.

    Args:
        batch_size: images in a batch, of all ranks together.
        rank: which part is meant.
        ranks: how many parts there are.
        drop_last: whether an epoch's batch that is not full is left out.
    """

    batch_size: int = 1
    rank: int = 0
    ranks: int = 1
    drop_last: bool = False

    def sizes(self, size: int, done: int) -> Iterator[int]:
        """How many images of each batch are its own, of an epoch of which some images are done."""
        full, rest = divmod(size - done, self.batch_size)
        for _ in range(full):
            yield self._cut(self.batch_size, self.rank + 1) - self._cut(self.batch_size, self.rank)
        if rest and not self.drop_last:
            yield self._cut(rest, self.rank + 1) - self._cut(rest, self.rank)

    def of(self, wanted: NDArray[np.int64], start: int, first: int, end: int) -> NDArray[np.int64]:
        """Those of some images that are its own.

        Args:
            wanted: the images at the places from `start` on.
            start: the place of the first of them.
            first: the place at which the epoch's first batch begins.
            end: the size of the epoch.
        """
        last = end - (end - first) % self.batch_size  # where a batch begins that is not full
        if self.ranks == 1:
            return wanted[: max(0, last - start)] if self.drop_last else wanted
        places = np.arange(start, start + len(wanted))
        inside = (places - first) % self.batch_size
        mine = self._mine(inside, self.batch_size)
        short = places >= last
        mine[short] = False if self.drop_last else self._mine(inside[short], end - last)
        return wanted[mine]

    def _mine(self, inside: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
        """Whether places in a batch of this size are its own."""
        low, high = self._cut(size, self.rank), self._cut(size, self.rank + 1)
        return np.asarray((inside >= low) & (inside < high))

    def _cut(self, size: int, rank: int) -> int:
        """Where the part of a rank begins in a batch of this size."""
        return size * rank // self.ranks


def check(what: str, number: int, least: int, most: int | None = None) -> None:
    """Raises InputError unless a number is in its range."""
    if number < least and most is None:
        raise InputError(f"{what} is too small", expected=f"at least {least}", got=number)
    if not least <= number <= (number if most is None else most):
        raise InputError(f"{what} is out of range", expected=f"{least} to {most}", got=number)
