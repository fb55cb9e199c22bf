"""Segment readers: images by their number, with each segment inflated once.

The wanted images are sorted, so that those of one segment come together, and neighbouring segments
are fetched in one piece. Threads inflate segments and copy each image to its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.multi_label import Labels, empty_labels
from spritenet.sprites.chunks import Blob
from spritenet.streams.sample_order import Extent
from spritenet.streams.segment_cache import SegmentCache
from spritenet.streams.shard import Shard
from spritenet.thread_pool import parallel_for

__all__ = ["ImageReader", "SegmentReader"]

RUN_BYTES = 1 << 20
"""Neighbouring segments that are fetched in one piece, about."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring segments of a sprite, with the wanted images in them.

    Args:
        shard: the sprite.
        first: the first segment.
        cuts: for each segment the first of its images in `images`, and the end.
        images: wanted images, counted in the sprite, ascending.
        places: the destination of each.
    """

    shard: Shard
    first: int
    cuts: NDArray[np.intp]
    images: NDArray[np.int64]
    places: NDArray[np.intp]


class ImageReader(Protocol):
    """A reader of the images of a split by their numbers."""

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The sprites and ranges that hold them."""

    @property
    def size(self) -> int:
        """The number of images."""

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each."""

    def read(
        self,
        wanted: NDArray[np.int64],
        images: NDArray[np.uint8],
        labels: Labels,
        *,
        keep: bool,
    ) -> None:
        """Reads images and labels in the order of `wanted`."""

    @property
    def label_columns(self) -> int:
        """The number of columns of multi-label rows; 0 for class indices."""

    def labels(self, wanted: NDArray[np.int64]) -> Labels:
        """Returns labels; no pixels are read."""

    def image(self, number: int) -> tuple[NDArray[np.uint8], Any]:
        """Returns one image (h w c, read-only) and its label."""

    def fingerprints(self) -> list[str]:
        """Returns hashes and ranges that identify the images."""


class SegmentReader:
    """Reads images of a split by their numbers.

    Args:
        shards: all sprites of the stream.
        extents: the ranges of sprites that hold the split's images.
        image_shape: h w c.
        label_columns: the number of columns of multi-label rows; 0 for class indices.
        cache: of inflated segments, shared by the stream's splits.
        workers: threads that fetch and inflate.
    """

    def __init__(
        self,
        shards: Sequence[Shard],
        extents: Sequence[Extent],
        image_shape: tuple[int, int, int],
        label_columns: int,
        cache: SegmentCache,
        workers: int,
    ) -> None:
        self.extents = tuple(extents)
        self.image_shape = image_shape
        self.label_columns = label_columns
        self.workers = workers
        self._shards = shards
        self._cache = cache
        self._starts = np.array([extent.start for extent in extents], np.int64)

    @property
    def size(self) -> int:
        """The number of images."""
        return self.extents[-1].start + self.extents[-1].count if self.extents else 0

    def read(
        self,
        wanted: NDArray[np.int64],
        images: NDArray[np.uint8],
        labels: Labels,
        *,
        keep: bool,
    ) -> None:
        """Reads images and labels in the order of `wanted`.

        Args:
            wanted: numbers of images in the split, m.
            images: m h w c, filled with the pixels.
            labels: m, or m k, filled with the labels.
            keep: if True, keeps segments in the cache.

        Raises:
            DataError: a segment is damaged; the message names it and its rows. `images` is then
                undefined.
        """
        runs = self._runs(wanted, labels)
        pixels = _pixels(images)
        if not keep:
            for run in runs:
                run.shard.will_need(run.first, run.first + len(run.cuts) - 1)

        def work(number: int) -> None:
            self._fill(runs[number], pixels, keep=keep)

        parallel_for(work, len(runs), self.workers)

    def labels(self, wanted: NDArray[np.int64]) -> Labels:
        """Returns the labels of images, m or m k; no pixels are read."""
        found = empty_labels(len(wanted), self.label_columns)
        for shard, images, places in self._by_shard(wanted):
            found[places] = shard.labels[images]
        return found

    def image(self, number: int) -> tuple[NDArray[np.uint8], Any]:
        """Returns one image (h w c, read-only) and its label; its segment stays in the cache."""
        place = int(np.searchsorted(self._starts, number, side="right")) - 1
        extent = self.extents[place]
        shard = self._shards[extent.sprite]
        inside = extent.first + number - extent.start
        segment = shard.segment_of(inside)
        images = self._segment(shard, segment, None, keep=True)
        image = images[inside - int(shard.header.images[segment])]
        label = shard.labels[inside]
        return image, label if self.label_columns else int(label)

    def fingerprints(self) -> list[str]:
        """Returns the SHA-256 of the header of each extent's sprite, in hex, and its range."""
        return [
            f"{self._shards[extent.sprite].header_sha256} {extent.first} {extent.count}"
            for extent in self.extents
        ]

    def _by_shard(
        self, wanted: NDArray[np.int64]
    ) -> list[tuple[Shard, NDArray[np.int64], NDArray[np.intp]]]:
        """Groups the wanted images by sprite: ascending, counted in it; and their places."""
        ascending = np.argsort(wanted)
        numbers = wanted[ascending]
        used = np.unique(np.searchsorted(self._starts, numbers, side="right") - 1)
        found = []
        for place in used.tolist():
            extent = self.extents[place]
            first, last = np.searchsorted(numbers, (extent.start, extent.start + extent.count))
            inside = numbers[first:last] + (extent.first - extent.start)
            found.append((self._shards[extent.sprite], inside, ascending[first:last]))
        missing = [shard for shard, _, _ in found if not shard.is_open]
        parallel_for(lambda number: missing[number].open(), len(missing), self.workers)
        return found

    def _runs(self, wanted: NDArray[np.int64], labels: Labels) -> list[_Run]:
        """Groups the wanted images by neighbouring segments, and fills in their labels."""
        runs = []
        for shard, images, places in self._by_shard(wanted):
            head = shard.header
            labels[places] = head.labels[images]
            low, high = shard.segment_of(int(images[0])), shard.segment_of(int(images[-1])) + 1
            cuts = np.searchsorted(images, head.images[low : high + 1])
            used = np.flatnonzero(np.diff(cuts))
            sizes = head.lengths[low:high][used]
            begin = size = 0
            for place in range(1, len(used) + 1):
                size += int(sizes[place - 1])
                ends = place == len(used) or used[place] != used[place - 1] + 1
                if ends or size >= RUN_BYTES:
                    first, stop = int(used[begin]), int(used[place - 1]) + 1
                    run = _Run(shard, low + first, cuts[first : stop + 1], images, places)
                    runs.append(run)
                    begin, size = place, 0
        return runs

    def _fill(self, run: _Run, pixels: NDArray[Any], *, keep: bool) -> None:
        """Copies the images of a run to their places."""
        shard, near = run.shard, None
        count = len(run.cuts) - 1
        for number, (begin, end) in enumerate(zip(run.cuts[:-1], run.cuts[1:], strict=True)):
            segment = run.first + number
            if near is None and self._cache.get((shard.number, segment)) is None:
                near = shard.span(segment, run.first + count)
            images = _pixels(self._segment(shard, segment, near, keep=keep))
            if end - begin == len(images):
                pixels[run.places[begin:end]] = images
            else:
                inside = run.images[begin:end] - shard.header.images[segment]
                pixels[run.places[begin:end]] = images[inside]

    def _segment(
        self, shard: Shard, number: int, near: Blob | None, *, keep: bool
    ) -> NDArray[np.uint8]:
        """Returns a segment's images, from the cache if it has them."""
        key = (shard.number, number)
        images = self._cache.get(key)
        if images is None:
            images = shard.segment(number, near)
            if keep:
                self._cache.put(key, images)
        return images


def _pixels(images: NDArray[np.uint8]) -> NDArray[Any]:
    """Views images (n h w c) as n values of h·w·c bytes, which NumPy moves a third faster."""
    size = images[0].size if len(images) else 1
    return images.reshape(len(images), size).view(f"V{size}")[:, 0]
