"""Blocks of images: a range of a lazy data set, read into memory by threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spritenet.core.pool import threads
from spritenet.dataset import Dataset, Split
from spritenet.dataset.lazy_dataset import ArrayImages, LazyDataset, SplitRanges
from spritenet.dataset.load_warnings import LoadWarnings
from spritenet.dataset.multi_label import Labels
from spritenet.errors import DataError
from spritenet.sprites.metadata import clip_ranges
from spritenet.thread_pool import parallel_for

__all__ = ["ImageBlock", "nothing_readable", "read_block", "read_dataset"]

BLOCK_BYTES = 1 << 22
"""Of pixels that a thread reads at a time, at most."""

BLOCKS = 16
"""The least number of blocks, so that threads end together if images are slow to decode."""

Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class ImageBlock:
    """A range of images in memory, without those that could not be read.

    Args:
        images: uint8, n h w c.
        labels: int32 class indices (n), or uint8 multi-label rows (n, k).
        splits: ranges of images, counted from the block's beginning.
        left_out: an error for each image that could not be read.
        notes: warnings about the data, a line each.
    """

    images: NDArray[np.uint8]
    labels: Labels
    splits: SplitRanges
    left_out: tuple[DataError, ...] = ()
    notes: tuple[str, ...] = ()


def read_block(
    data: LazyDataset,
    first: int = 0,
    stop: int | None = None,
    *,
    strict: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> ImageBlock:
    """Reads a range of images. The result does not depend on the number of threads.

    Args:
        data: the data set.
        first: the first image.
        stop: the image behind the last.
        strict: if True, an unreadable image and a note are errors.
        workers: threads; by default all cores, or one where more are no help.
        progress: called with the number of images done, from any thread.

    Raises:
        DataError: with `strict`, the first image that can't be read, or note; or nothing can be
            read; or an image does not fit the others.
    """
    stop = len(data) if stop is None else stop
    splits = clip_ranges(data.splits, first, stop)
    labels = data.labels[first:stop]
    source = data.images
    if isinstance(source, ArrayImages):
        images = source.view(first, stop)
        if progress is not None:
            progress(len(images))
        return ImageBlock(images, labels, splits)
    images = np.empty((stop - first, *data.image_shape), np.uint8)
    size = min(BLOCK_BYTES // max(1, images[:1].nbytes), -(-len(images) // BLOCKS)) or 1
    starts = range(0, len(images), size)
    failed: list[list[tuple[int, DataError]]] = [[] for _ in starts]
    notes: list[tuple[str, ...]] = [()] * len(starts)

    def work(number: int) -> None:
        low = starts[number]
        high = min(low + size, len(images))
        found = source.read(np.arange(first + low, first + high))
        if strict and found.unreadable:
            raise found.unreadable[0][1]
        if strict:
            LoadWarnings(notes=[*found.notes]).raise_for_notes(data.name)
        images[low:high] = found.images
        failed[number] = [(low + row, error) for row, error in found.unreadable]
        notes[number] = found.notes
        if progress is not None:
            progress(high - low)

    parallel_for(work, len(starts), (workers or threads()) if source.threads else 1)
    missing = [pair for block in failed for pair in block]
    if missing:
        keep = np.ones(len(images), bool)
        keep[[row for row, _ in missing]] = False
        images, labels = _compacted(images, keep), labels[keep]
        before = np.concatenate([[0], np.cumsum(keep)])
        splits = tuple((name, int(before[low]), int(before[high])) for name, low, high in splits)
    errors = tuple(error for _, error in missing)
    return ImageBlock(
        images, labels, splits, errors, tuple(note for some in notes for note in some)
    )


def _compacted(images: NDArray[np.uint8], keep: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Moves the images that are kept together, in place, without a second copy of all of them."""
    place = 0
    for row in np.flatnonzero(keep).tolist():
        if row != place:
            images[place] = images[row]
        place += 1
    return images[:place]


def read_dataset(
    data: LazyDataset,
    *,
    strict: bool = False,
    workers: int | None = None,
    load_warnings: LoadWarnings | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Reads a whole lazy data set into memory.

    Args:
        data: the data set.
        strict: if True, an unreadable image is an error.
        workers: threads; by default all cores.
        load_warnings: collects notes and what was left out.
        progress: called with the number of images done, from any thread.

    Raises:
        DataError: as `read_block`, or not a single image can be read.
    """
    at_hand = data.to_dataset()
    if at_hand is not None:
        if load_warnings is not None:
            load_warnings.add(notes=data.notes)
        return at_hand
    part = read_block(data, strict=strict, workers=workers, progress=progress)
    if part.left_out and not len(part.images):
        raise nothing_readable(data, part.left_out[0])
    if load_warnings is not None:
        load_warnings.add(part.left_out, (*data.notes, *part.notes))
    names = data.class_names
    splits = {
        name: Split(part.images[low:high], part.labels[low:high], names, name, data.pixel_range)
        for name, low, high in part.splits
    }
    return Dataset(data.name, splits, names, data.source, data.licence)


def nothing_readable(data: LazyDataset, first: DataError) -> DataError:
    """Returns the error of a data set of which no image can be read."""
    error = str(first).rstrip(".")
    what = f"none of its {len(data):,} images can be read"
    return DataError(what, where=data.name, got=error)
