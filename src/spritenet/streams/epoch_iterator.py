"""Epoch iterators: the batches of one epoch after another, prefetched, in the order of a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.multi_label import Labels
from spritenet.streams.prefetch import Prefetcher
from spritenet.streams.rank_slice import RankSlice
from spritenet.streams.sample_order import Order
from spritenet.streams.segment_reader import ImageReader

__all__ = ["EpochIterator"]


@dataclass(frozen=True, slots=True, eq=False)
class EpochIterator:
    """The images of a split in the order of a seed.

    Args:
        images: reads them by number.
        order: of the images.
        seed: of the order.
        keep: if True, keeps inflated segments in the cache.
    """

    images: ImageReader
    order: Order
    seed: int
    keep: bool

    def units(
        self, part: RankSlice, epoch: int, place: int, *, once: bool
    ) -> Iterator[NDArray[np.int64]]:
        """Yields the numbers of the images of one unit after another.

        Args:
            part: the rank's part of each batch.
            epoch: the first epoch.
            place: the first place in it.
            once: if True, ends with this epoch.
        """
        size = self.order.size
        start = first = place
        while True:
            while start < size:
                stop = self.order.unit(self.seed, epoch, start)[1]
                numbers = self.order.indices(self.seed, epoch, start, stop)
                wanted = part.select(numbers, start, first, size)
                if len(wanted):
                    yield wanted
                start = stop
            if once:
                return
            epoch += 1
            start = first = 0

    def prefetch(self, part: RankSlice, epoch: int, place: int, *, once: bool) -> Prefetcher:
        """Returns the images of these units, which a thread reads a unit prefetcher."""
        units = self.units(part, epoch, place, once=once)
        images = self.images
        read = partial(images.read, keep=self.keep)
        return Prefetcher(units, read, images.image_shape, images.label_columns)

    def batches(
        self, part: RankSlice, epoch: int, done: int, steps: int | None
    ) -> Iterator[tuple[NDArray[np.uint8], Labels]]:
        """Yields images and labels of one batch after another, in arrays of their own.

        Args:
            part: the size of a batch, and the rank's part of it.
            epoch: the first epoch.
            done: images of it that are skipped.
            steps: the number of batches; None for the rest of this epoch.
        """
        size = self.order.size
        prefetcher = self.prefetch(part, epoch, done, once=steps is None)
        left = -1 if steps is None else steps
        try:
            while left:
                for count in part.sizes(size, done):
                    if not left:
                        return
                    left -= 1
                    images, labels = prefetcher.take(count)
                    yield images.copy(), labels.copy()
                if steps is None:
                    return
                done = 0
        finally:
            prefetcher.close()
