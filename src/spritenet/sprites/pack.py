"""A data set as one sprite, or as a folder of them where one would be too large."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spritenet.core.pool import threads
from spritenet.dataset import Dataset, Split
from spritenet.errors import InputError
from spritenet.sprites.disk import beside, new_folder
from spritenet.sprites.folder import INDEX, OURS, Shard, write_index
from spritenet.sprites.metadata import Metadata, Ranges, within
from spritenet.sprites.sheet import MOST_ROWS, Layout, Sheet, fitting
from spritenet.sprites.write import (
    Progress,
    Written,
    rows_of_a_segment,
    write_sprite,
)

__all__ = ["DEFAULT_LEVEL", "TFJS_LABELS", "check_options", "pack"]

DEFAULT_LEVEL = 7
"""Of libdeflate. Level 12 makes MNIST 5 % smaller and takes 60 times as long."""

TFJS_LABELS = "_labels_uint8"
"""What the name of the one-hot labels ends with, as in the tutorials' `mnist_labels_uint8`."""


def pack(
    dataset: Dataset | Split,
    path: str | os.PathLike[str],
    *,
    layout: Layout = "rows",
    columns: int | None = None,
    segment_rows: int | None = None,
    shard_rows: int | None = None,
    level: int = DEFAULT_LEVEL,
    workers: int | None = None,
    tfjs: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Writes a data set as a sprite: a PNG that holds images, labels, classes and splits.

    The bytes depend on the data and on these options, never on the number of threads.

    Args:
        dataset: what to write; a `Split` is written as a data set of this one split.
        path: the file, `digits.png`. What does not fit into one sprite (65,000 rows, 2²⁶ pixels)
            becomes a folder of sprites of this name without `.png`.
        layout: "rows" (an image is a row; the tutorials') or "grid" (tiles, for people to look at).
        columns: tiles side by side in a grid; by default about as many as make it square.
        segment_rows: rows that are compressed together, about; by default 128 KiB of them. Fewer
            make reading single images faster, more make the file a little smaller.
        shard_rows: rows of a sprite at most, fewer than the 65,000 there can be.
        level: of compression, 1 (fast) to 12 (small).
        workers: threads; by default all cores.
        tfjs: also write the one-hot labels, a byte a class, that TensorFlow.js's `MnistData`
            reads, into `digits_labels_uint8` beside the sprite.
        progress: called with the number of images done since the last call, from any thread.

    Returns:
        The file, or the folder.

    Raises:
        InputError: an option is out of range, or the images don't fit into sprites.
        DataError: the disk refuses; what was there before is unchanged.
    """
    if isinstance(dataset, Split):
        name = dataset.name or "train"
        dataset = Dataset(Path(path).stem, {name: dataset}, dataset.class_names)
    check_options(level=level, segment_rows=segment_rows, shard_rows=shard_rows, workers=workers)
    target = Path(path)
    ranges = _ranges(dataset)
    count = ranges[-1][2]
    if count == 0:
        raise InputError("there are no images to pack", where=dataset.name)
    if tfjs and (layout != "rows" or dataset.image_shape[2] == 3):
        raise InputError(
            "the tutorials' loader reads grey or RGBA images in rows", where="tfjs", got=layout
        )
    sheet, each = _arranged(dataset.image_shape, count, layout, columns, shard_rows)
    task = _Task(dataset, ranges, sheet, segment_rows, level, workers or threads(), progress)
    if each >= count and target.suffix.lower() == ".png":
        task.write(target, 0, count, content_hash=dataset.content_hash)
        if tfjs:
            task.write_one_hot(target.with_name(target.stem + TFJS_LABELS), 0, count)
        return target
    folder = target.with_suffix("") if target.suffix.lower() == ".png" else target
    stem = folder.name
    with new_folder(folder, OURS) as fresh:
        shards = []
        for number, first in enumerate(range(0, count, each)):
            stop = min(first + each, count)
            name = f"{stem}-{number:05d}"
            written = task.write(fresh / f"{name}.png", first, stop)
            shards.append(Shard(f"{name}.png", stop - first, written))
            if tfjs:
                task.write_one_hot(fresh / (name + TFJS_LABELS), first, stop)
        whole = task.metadata(0, count, dataset.content_hash)
        write_index(fresh / INDEX, whole, shards)
    return folder


def check_options(**options: int | None) -> None:
    """Raises InputError for a number that is out of range; None is no number."""
    most = {"level": 12, "segment_rows": MOST_ROWS, "shard_rows": MOST_ROWS, "workers": 1024}
    for what, value in options.items():
        if value is not None and not 1 <= value <= most[what]:
            expected = f"1 to {most[what]:,}"
            raise InputError(f"{what} is out of range", expected=expected, got=value)


def _arranged(
    image_shape: tuple[int, int, int],
    count: int,
    layout: Layout,
    columns: int | None,
    shard_rows: int | None,
) -> tuple[Sheet, int]:
    """The sheet of a full picture, and how many images each but the last one holds."""
    if shard_rows is None or layout == "rows":
        return fitting(image_shape, count, layout, columns, shard_rows)
    columns = fitting(image_shape, count, layout, columns)[0].columns
    most_images = max(1, shard_rows // image_shape[0]) * columns
    return fitting(image_shape, count, layout, columns, most_images)


class _Task:
    """What is the same for all sprites of a data set."""

    def __init__(
        self,
        dataset: Dataset,
        ranges: Ranges,
        sheet: Sheet,
        segment_rows: int | None,
        level: int,
        workers: int,
        progress: Progress | None,
    ) -> None:
        self.dataset = dataset
        self.ranges = ranges
        self.sheet = sheet
        self.segment_rows = segment_rows
        self.level = level
        self.workers = workers
        self.progress = progress

    def write(self, path: Path, first: int, stop: int, *, content_hash: str = "") -> Written:
        """Writes the images of this range as one sprite."""
        images, labels = self._part(first, stop)
        if not content_hash:
            content_hash = self._as_dataset(images, labels, first, stop).content_hash
        metadata = self.metadata(first, stop, content_hash)
        return write_sprite(
            path,
            images,
            labels,
            metadata,
            segment_rows=rows_of_a_segment(metadata.sheet, self.segment_rows),
            level=self.level,
            workers=self.workers,
            progress=self.progress,
        )

    def write_one_hot(self, path: Path, first: int, stop: int) -> None:
        """Writes the labels of this range as one-hot rows, a byte a class."""
        _, labels = self._part(first, stop)
        one_hot = np.zeros((len(labels), len(self.dataset.class_names)), np.uint8)
        one_hot[np.arange(len(labels)), labels] = 1
        with beside(path) as file:
            file.write(one_hot.tobytes())

    def metadata(self, first: int, stop: int, content_hash: str) -> Metadata:
        """What a sprite of the images of this range says."""
        _, labels = self._part(first, stop, images=False)
        counts = np.bincount(labels, minlength=len(self.dataset.class_names))
        return Metadata(
            replace(self.sheet, count=stop - first),
            self.dataset.class_names,
            within(self.ranges, first, stop),
            tuple(counts.tolist()),
            content_hash,
            self.dataset.name,
            self.dataset.source,
            self.dataset.licence,
        )

    def _part(
        self, first: int, stop: int, *, images: bool = True
    ) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """Images and labels of a range: views where it is within one split."""
        pixels, labels = [], []
        for name, begin, end in self.ranges:
            low, high = max(begin, first), min(end, stop)
            if low < high:
                split = self.dataset[name]
                pixels.append(split.images[low - begin : high - begin])
                labels.append(split.labels[low - begin : high - begin])
        one = len(labels) == 1
        joined = pixels[0] if one or not images else np.concatenate(pixels)
        return joined, labels[0] if one else np.concatenate(labels)

    def _as_dataset(
        self, images: NDArray[np.uint8], labels: NDArray[np.int32], first: int, stop: int
    ) -> Dataset:
        names = self.dataset.class_names
        splits = {
            name: Split(images[begin:end], labels[begin:end], names, name)
            for name, begin, end in within(self.ranges, first, stop)
        }
        return Dataset(self.dataset.name, splits, names)


def _ranges(dataset: Dataset) -> Ranges:
    """The splits one after the other."""
    ranges, place = [], 0
    for name, split in dataset.splits.items():
        ranges.append((name, place, place + len(split)))
        place += len(split)
    return tuple(ranges)
