"""Through a split in some order, epoch after epoch: units made and read ahead, cut into batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spritenet.streams.order import Order
from spritenet.streams.prefetch import Ahead
from spritenet.streams.rank_slice import Share
from spritenet.streams.reader import Images

__all__ = ["Walk"]


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """Images in the order of a seed.

    Args:
        images: reads them by their number.
        order: which comes when.
        seed: of the order.
        keep: whether inflated segments stay in the cache.
    """

    images: Images
    order: Order
    seed: int
    keep: bool

    def units(
        self, share: Share, epoch: int, place: int, *, once: bool
    ) -> Iterator[NDArray[np.int64]]:
        """The numbers of the images of one unit after the other.

        Args:
            share: which of them are wanted.
            epoch: the first epoch.
            place: where in it to begin.
            once: whether to end with this epoch.
        """
        size = self.order.size
        start = first = place
        while True:
            while start < size:
                stop = self.order.unit(self.seed, epoch, start)[1]
                numbers = self.order.indices(self.seed, epoch, start, stop)
                wanted = share.of(numbers, start, first, size)
                if len(wanted):
                    yield wanted
                start = stop
            if once:
                return
            epoch += 1
            start = first = 0

    def ahead(self, share: Share, epoch: int, place: int, *, once: bool) -> Ahead:
        """The images of these units, read a unit ahead."""
        units = self.units(share, epoch, place, once=once)
        return Ahead(units, partial(self.images.read, keep=self.keep), self.images.image_shape)

    def batches(
        self, share: Share, epoch: int, done: int, steps: int | None
    ) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int32]]]:
        """Images and labels of one batch after the other, in arrays of their own.

        Args:
            share: the size of a batch, and which part of it.
            epoch: the first epoch.
            done: images of it that are left out.
            steps: how many batches; None for those of this epoch.
        """
        size = self.order.size
        ahead = self.ahead(share, epoch, done, once=steps is None)
        left = -1 if steps is None else steps
        try:
            while left:
                for count in share.sizes(size, done):
                    if not left:
                        return
                    left -= 1
                    images, labels = ahead.take(count)
                    yield images.copy(), labels.copy()
                if steps is None:
                    return
                done = 0
        finally:
            ahead.close()
