"""A part of a data set as one sprite: a job of its own.

What it writes depends on the listing, the plan and the range alone. So shards can be written in any
order, by any process, on any machine that sees the same files, and the bytes are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spritenet.atomic import new_file
from spritenet.core.pool import threads
from spritenet.dataset import Dataset, Split
from spritenet.dataset.lazy_dataset import ArrayImages, LazyDataset, SplitRanges
from spritenet.errors import DataError
from spritenet.sprites.gather import Part, Progress, gather
from spritenet.sprites.layout import Sheet
from spritenet.sprites.metadata import Metadata
from spritenet.sprites.writer import Written, rows_of_a_segment, write_sprite

__all__ = ["TFJS_LABELS", "Packed", "Plan", "write_shard"]

TFJS_LABELS = "_labels_uint8"
"""What the name of the one-hot labels ends with, as in the tutorials' `mnist_labels_uint8`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a data set is packed: the same for all its sprites.

    Args:
        sheet: of a full sprite.
        each: images of the listing that a sprite is made of, but for the last one.
        segment_rows: rows that are compressed together, about; None for the default.
        level: of compression.
        tfjs: whether one-hot labels are written beside each sprite.
        strict: whether an image that can't be read is an error.
    """

    sheet: Sheet
    each: int
    segment_rows: int | None
    level: int
    tfjs: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Packed:
    """A sprite that was written.

    Args:
        count: images in it.
        splits: their ranges.
        labels: their labels, int32.
        written: sizes and hashes of the file; None if no image could be read, so there is no file.
        left_out: why each image that is missing is.
        notes: what people should know.
    """

    count: int
    splits: SplitRanges
    labels: NDArray[np.int32]
    written: Written | None
    left_out: tuple[DataError, ...] = ()
    notes: tuple[str, ...] = ()


def write_shard(
    listing: LazyDataset,
    plan: Plan,
    first: int,
    stop: int,
    path: Path,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Packed:
    """Writes the images of a range as one sprite, in no more memory than they take.

    Args:
        listing: of all images.
        plan: how to pack.
        first: image.
        stop: the image behind the last.
        path: where to.
        workers: threads; by default all cores. The bytes don't depend on it.
        progress: called with the number of images done since the last call, from any thread.

    Raises:
        DataError: the disk refuses; an image does not fit the others; or, if the plan is strict,
            one can't be read.
    """
    at_hand = isinstance(listing.images, ArrayImages)
    part = gather(
        listing,
        first,
        stop,
        strict=plan.strict,
        workers=workers,
        progress=None if at_hand else progress,
    )
    count = len(part.images)
    packed = Packed(count, part.splits, part.labels, None, part.left_out, part.notes)
    if not count:
        return packed
    names = listing.class_names
    metadata = Metadata(
        replace(plan.sheet, count=count),
        names,
        part.splits,
        tuple(np.bincount(part.labels, minlength=len(names)).tolist()),
        content_hash(part, names),
        listing.name,
        listing.source,
        listing.licence,
    )
    written = write_sprite(
        path,
        part.images,
        part.labels,
        metadata,
        segment_rows=rows_of_a_segment(metadata.sheet, plan.segment_rows),
        level=plan.level,
        workers=workers or threads(),
        progress=progress if at_hand else None,
    )
    if plan.tfjs:
        _write_one_hot(path.with_name(path.stem + TFJS_LABELS), part.labels, len(names))
    return replace(packed, written=written)


def content_hash(part: Part, names: tuple[str, ...]) -> str:
    """`Dataset.content_hash` of a part."""
    splits = {
        name: Split(part.images[low:high], part.labels[low:high], names, name)
        for name, low, high in part.splits
    }
    return Dataset("part", splits, names).content_hash


def _write_one_hot(path: Path, labels: NDArray[np.int32], classes: int) -> None:
    """Writes labels as one-hot rows, a byte a class."""
    one_hot = np.zeros((len(labels), classes), np.uint8)
    one_hot[np.arange(len(labels)), labels] = 1
    with new_file(path) as file:
        file.write(one_hot.tobytes())
