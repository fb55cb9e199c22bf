"""Shards: a range of a data set's images as one sprite.

The bytes depend on the data, the options and the range alone. So shards can be written in any
order, by any process, on any machine that sees the same files.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from spritenet.atomic import new_file
from spritenet.core.pool import threads
from spritenet.dataset import Dataset, Split
from spritenet.dataset.lazy_dataset import ArrayImages, LazyDataset, SplitRanges
from spritenet.dataset.multi_label import Labels, class_counts, is_multi_label
from spritenet.errors import DataError
from spritenet.sprites.image_block import ImageBlock, Progress, read_block
from spritenet.sprites.metadata import Metadata
from spritenet.sprites.tiling import Tiling
from spritenet.sprites.writer import FileDigest, rows_of_a_segment, write_sprite

__all__ = ["TFJS_LABELS", "PackOptions", "PackedShard", "write_shard"]

TFJS_LABELS = "_labels_uint8"
"""The end of the name of the one-hot labels file, as in the tutorials' `mnist_labels_uint8`."""


@dataclass(frozen=True, slots=True)
class PackOptions:
    """The options that all sprites of a data set share.

    Args:
        tiling: of a full sprite.
        shard_images: images of each sprite but the last one.
        segment_rows: approximate rows of a segment; None for the default.
        level: of compression.
        tfjs: if True, writes one-hot labels beside each sprite.
        strict: if True, an unreadable image is an error.
    """

    tiling: Tiling
    shard_images: int
    segment_rows: int | None
    level: int
    tfjs: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True)
class PackedShard:
    """The result of writing a sprite.

    Args:
        count: number of images.
        splits: their ranges.
        labels: int32 class indices (n), or uint8 multi-label rows (n, k).
        digest: sizes and hashes of the file; None if no image could be read, so there is no file.
        left_out: an error for each image that could not be read.
        notes: warnings about the data, a line each.
    """

    count: int
    splits: SplitRanges
    labels: Labels
    digest: FileDigest | None
    left_out: tuple[DataError, ...] = ()
    notes: tuple[str, ...] = ()


def write_shard(
    data: LazyDataset,
    options: PackOptions,
    first: int,
    stop: int,
    path: Path,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> PackedShard:
    """Writes a range of images as one sprite.

    Args:
        data: the whole data set.
        options: of packing.
        first: the first image.
        stop: the image behind the last.
        path: of the sprite.
        workers: threads; by default all cores. The bytes don't depend on it.
        progress: called with the number of images done since the last call, from any thread.

    Raises:
        DataError: the disk refuses; an image does not fit the others; or, with `strict`,
            one can't be read.
    """
    at_hand = isinstance(data.images, ArrayImages)
    part = read_block(
        data,
        first,
        stop,
        strict=options.strict,
        workers=workers,
        progress=None if at_hand else progress,
    )
    count = len(part.images)
    packed = PackedShard(count, part.splits, part.labels, None, part.left_out, part.notes)
    if not count:
        return packed
    names = data.class_names
    metadata = Metadata(
        replace(options.tiling, count=count),
        names,
        part.splits,
        tuple(class_counts(part.labels, len(names)).tolist()),
        content_hash(part, names),
        data.name,
        data.source,
        data.licence,
        is_multi_label(part.labels),
    )
    digest = write_sprite(
        path,
        part.images,
        part.labels,
        metadata,
        segment_rows=rows_of_a_segment(metadata.tiling, options.segment_rows),
        level=options.level,
        workers=workers or threads(),
        progress=progress if at_hand else None,
    )
    if options.tfjs:
        _write_one_hot(path.with_name(path.stem + TFJS_LABELS), part.labels, len(names))
    return replace(packed, digest=digest)


def content_hash(part: ImageBlock, names: tuple[str, ...]) -> str:
    """Returns `Dataset.content_hash` of a block."""
    splits = {
        name: Split(part.images[low:high], part.labels[low:high], names, name)
        for name, low, high in part.splits
    }
    return Dataset("part", splits, names).content_hash


def _write_one_hot(path: Path, labels: Labels, classes: int) -> None:
    """Writes labels as one-hot or multi-label rows, a byte a class."""
    one_hot = np.zeros((len(labels), classes), np.uint8)
    if is_multi_label(labels):
        one_hot[:] = labels
    else:
        one_hot[np.arange(len(labels)), labels] = 1
    with new_file(path) as file:
        file.write(one_hot.tobytes())
