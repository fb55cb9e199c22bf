"""Packing: a data set as one sprite, or as a folder of them where one would be too large."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike

from spritenet.atomic import new_folder
from spritenet.core.pool import threads
from spritenet.dataset import Dataset, Split
from spritenet.dataset.lazy_dataset import ArrayImages, LazyDataset, SplitRanges
from spritenet.dataset.load_warnings import LoadWarnings
from spritenet.dataset.multi_label import (
    Labels,
    class_counts,
    content_bytes,
    content_head,
    is_multi_label,
    label_columns,
)
from spritenet.destination import destination
from spritenet.errors import InputError
from spritenet.sprites.folder import INDEX, OURS, ShardEntry, write_index
from spritenet.sprites.image_block import Progress, nothing_readable, read_dataset
from spritenet.sprites.metadata import Metadata
from spritenet.sprites.shard import TFJS_LABELS, PackedShard, PackOptions, write_shard
from spritenet.sprites.sprite import Sprite
from spritenet.sprites.tiling import MAX_ROWS, Layout, fit_tiling

if TYPE_CHECKING:
    from spritenet.sprites.process_pool import Backend

__all__ = [
    "DEFAULT_LEVEL",
    "TFJS_LABELS",
    "check_options",
    "pack",
    "pack_options",
    "shard_ranges",
    "write_folder_index",
]

Packable = Dataset | Split | LazyDataset | tuple[ArrayLike, ArrayLike]

MNIST_SPLITS = (60_000, 10_000)
TFJS_VALIDATION = 5_000
"""Images that TensorFlow's `input_data.read_data_sets` takes from the beginning of MNIST for
validation. The tutorials' sprite has the others: its labels begin 7, 3, 4, 6, 1, 8, 1, 0, as those
of MNIST's training images from number 5,000 on (github.com/tensorflow/tfjs/issues/5588)."""

DEFAULT_LEVEL = 7
"""The level of libdeflate. Level 12 makes MNIST 5 % smaller and takes 60 times as long."""


@overload
def pack(
    dataset: Packable,
    path: os.PathLike[str],
    *,
    layout: Layout = ...,
    columns: int | None = ...,
    segment_rows: int | None = ...,
    shard_rows: int | None = ...,
    level: int = ...,
    workers: int | None = ...,
    processes: int | None = ...,
    ray: bool = ...,
    tfjs: bool = ...,
    strict: bool = ...,
    load_warnings: LoadWarnings | None = ...,
    progress: Progress | None = ...,
) -> Path: ...
@overload
def pack(
    dataset: Packable,
    path: str,
    *,
    layout: Layout = ...,
    columns: int | None = ...,
    segment_rows: int | None = ...,
    shard_rows: int | None = ...,
    level: int = ...,
    workers: int | None = ...,
    processes: int | None = ...,
    ray: bool = ...,
    tfjs: bool = ...,
    strict: bool = ...,
    load_warnings: LoadWarnings | None = ...,
    progress: Progress | None = ...,
) -> Path | str: ...
def pack(
    dataset: Packable,
    path: str | os.PathLike[str],
    *,
    layout: Layout = "rows",
    columns: int | None = None,
    segment_rows: int | None = None,
    shard_rows: int | None = None,
    level: int = DEFAULT_LEVEL,
    workers: int | None = None,
    processes: int | None = None,
    ray: bool = False,
    tfjs: bool = False,
    strict: bool = False,
    load_warnings: LoadWarnings | None = None,
    progress: Progress | None = None,
) -> Path | str:
    """Writes a data set as a sprite: a PNG that holds images, labels, classes and splits.

    The bytes depend on the data and on these options, never on who writes them: threads,
    processes or other machines. No more images are in memory at a time than one sprite holds, for
    each process.

    Args:
        dataset: the data to write: a `Dataset`; a `Split`, or a pair of arrays (images, labels), as
            a data set of one split; or a lazy data set from `spritenet.sources.survey`.
        path: the file, `digits.png`, or an address of a store, such as `s3://bucket/digits.png`
            (extra `fsspec`), to which it is uploaded, whole or not at all. What does not fit into
            one sprite (65,000 rows, 2²⁶ pixels) becomes a folder of sprites of this name without
            `.png`.
        layout: "rows" (an image is a row; the tutorials') or "grid" (tiles, for people to look at).
        columns: tiles side by side in a grid; by default about as many as make it square.
        segment_rows: rows that are compressed together, about; by default 128 KiB of them. Fewer
            make reading single images faster, more make the file a little smaller.
        shard_rows: rows of a sprite at most, fewer than the 65,000 there can be.
        level: of compression, 1 (fast) to 12 (small).
        workers: threads; by default all cores.
        processes: the number of processes that write sprites, if there are several to write; by
            default this process alone, on all threads.
        ray: if True, the machines of a Ray cluster write them (extra `ray`).
        tfjs: also write the one-hot labels, a byte a class, that TensorFlow.js's `MnistData`
            reads, into `digits_labels_uint8` beside the sprite. Of 60,000 and 10,000 images, as
            MNIST has, the first 5,000 are left out: 55,000 and 10,000 are the tutorials' own file.
        strict: True raises an error for an unreadable image; by default it is skipped.
        load_warnings: collects skipped images and notes; by default they are warned of.
        progress: called with the number of images done since the last call, from any thread.

    Returns:
        The file, or the folder: a path, or for an address its address.

    Raises:
        InputError: an option is out of range, the images don't fit into sprites, or the address is
            one of the web.
        MissingExtraError: Ray, or what the store needs, is not installed.
        DataError: the disk refuses; what was there before is unchanged. Or nothing can be read.
    """
    lazy = _as_lazy_dataset(dataset, Path(path))
    check_options(
        level=level,
        segment_rows=segment_rows,
        shard_rows=shard_rows,
        workers=workers,
        processes=processes,
    )
    if not len(lazy):
        raise InputError("no images to pack", where=lazy.name)
    if tfjs and (layout != "rows" or lazy.image_shape[2] == 3):
        raise InputError(
            "the tutorials' loader reads grey or RGBA images in rows", where="tfjs", got=layout
        )
    if tfjs and tuple(stop - first for _, first, stop in lazy.splits) == MNIST_SPLITS:
        lazy = lazy.drop_first(TFJS_VALIDATION).with_notes(
            f"the first {TFJS_VALIDATION:,} training images are left out, as in the tutorials' file"
        )
    options = pack_options(
        lazy,
        layout=layout,
        columns=columns,
        segment_rows=segment_rows,
        shard_rows=shard_rows,
        level=level,
        tfjs=tfjs,
        strict=strict,
    )
    collected = LoadWarnings() if load_warnings is None else load_warnings
    collected.add(notes=lazy.notes)
    with destination(path) as place:
        target = place.path
        if options.shard_images >= len(lazy) and target.suffix.lower() == ".png":
            done = write_shard(
                lazy, options, 0, len(lazy), target, workers=workers, progress=progress
            )
            collected.add(done.left_out, done.notes)
            if done.digest is None:
                raise nothing_readable(lazy, done.left_out[0])
        else:
            target = target.with_suffix("") if target.suffix.lower() == ".png" else target
            _write_folder(
                lazy, options, target, workers, _backend(processes, ray), collected, progress
            )
    if load_warnings is None:
        collected.warn()
    return place.of(target)


def check_options(**options: int | None) -> None:
    """Raises InputError for a number that is out of range; None is no number."""
    most = {
        "level": 12,
        "segment_rows": MAX_ROWS,
        "shard_rows": MAX_ROWS,
        "workers": 1024,
        "processes": 1024,
    }
    for what, value in options.items():
        if value is not None and not 1 <= value <= most[what]:
            expected = f"1 to {most[what]:,}"
            raise InputError(f"{what} is out of range", expected=expected, got=value)


def shard_ranges(stem: str, options: PackOptions, count: int) -> list[tuple[str, int, int]]:
    """Returns each sprite's file name, its first image, and the one behind its last."""
    return [
        (f"{stem}-{number:05d}.png", first, min(first + options.shard_images, count))
        for number, first in enumerate(range(0, count, options.shard_images))
    ]


def _as_lazy_dataset(data: Packable, path: Path) -> LazyDataset:
    """Returns what is to be packed as a lazy data set."""
    if isinstance(data, LazyDataset):
        return data
    if isinstance(data, tuple):
        images, labels = data
        data = Split.from_arrays(images, labels, name="train")
    if isinstance(data, Split):
        name = data.name or "train"
        data = Dataset(path.stem, {name: data}, data.class_names)
    return LazyDataset.from_dataset(data)


def _backend(processes: int | None, ray: bool) -> Backend | None:
    """Returns the processes that write sprites; None for this one alone.

    Raises:
        InputError: both processes and Ray were asked for.
    """
    if ray:
        if processes is not None:
            raise InputError("Ray has processes of its own", where="processes", got=processes)
        from spritenet.sprites.cluster import ray_backend

        return ray_backend
    if processes is None or processes == 1:
        return None
    from spritenet.sprites.process_pool import process_backend

    return process_backend(processes)


def _write_folder(
    lazy: LazyDataset,
    options: PackOptions,
    folder: Path,
    workers: int | None,
    backend: Backend | None,
    load_warnings: LoadWarnings,
    progress: Progress | None,
) -> None:
    """Writes the sprites and their index."""
    with new_folder(folder, OURS) as fresh:
        names = shard_ranges(folder.name, options, len(lazy))
        done: dict[int, PackedShard] = {}
        if backend is None:
            for number, (name, first, stop) in enumerate(names):
                done[number] = write_shard(
                    lazy, options, first, stop, fresh / name, workers=workers, progress=progress
                )
        else:
            from spritenet.sprites.process_pool import ShardWriter

            writer = ShardWriter(lazy, options, Path.cwd())
            ranges = [(first, stop, (fresh / name).absolute()) for name, first, stop in names]
            for number, packed in backend(writer, ranges):
                done[number] = packed
                if progress is not None:
                    progress(ranges[number][1] - ranges[number][0])
        written = [(name, done[number]) for number, (name, _, _) in enumerate(names)]
        for _, packed in written:
            load_warnings.add(packed.left_out, packed.notes)
        write_folder_index(lazy, options, fresh, written, workers)


def write_folder_index(
    lazy: LazyDataset,
    options: PackOptions,
    folder: Path,
    done: Sequence[tuple[str, PackedShard]],
    workers: int | None = None,
) -> None:
    """Writes the index of a folder whose sprites are all written.

    Args:
        lazy: the data set that they hold.
        options: its options.
        folder: with the sprites.
        done: file name and result of each sprite, in order.
        workers: threads that read the sprites again for the content hash, if the images are not
            in memory.

    Raises:
        DataError: no image could be read, or what was written can't be read again.
    """
    shards, splits = [], {name: 0 for name, _, _ in lazy.splits}
    for name, packed in done:
        if packed.digest is not None:
            shards.append(ShardEntry(name, packed.count, packed.digest))
        for split, low, high in packed.splits:
            splits[split] += high - low
    if not shards:
        raise nothing_readable(lazy, done[0][1].left_out[0])
    labels = np.concatenate([packed.labels for _, packed in done])
    ends = np.cumsum([0, *splits.values()]).tolist()
    ranges = tuple(zip(splits, ends[:-1], ends[1:], strict=True))
    if isinstance(lazy.images, ArrayImages):
        content = read_dataset(lazy).content_hash
    else:
        content = _content_hash(folder, shards, lazy.image_shape, ranges, labels, workers)
    whole = Metadata(
        replace(options.tiling, count=len(labels)),
        lazy.class_names,
        ranges,
        tuple(class_counts(labels, len(lazy.class_names)).tolist()),
        content,
        lazy.name,
        lazy.source,
        lazy.licence,
        is_multi_label(labels),
    )
    write_index(folder / INDEX, whole, shards)


def _content_hash(
    folder: Path,
    shards: Sequence[ShardEntry],
    image_shape: tuple[int, int, int],
    splits: SplitRanges,
    labels: Labels,
    workers: int | None,
) -> str:
    """Returns `Dataset.content_hash` of all sprites, which are read again one by one."""
    digests = {}
    for name, low, high in splits:
        head = content_head((high - low, *image_shape), label_columns(labels))
        digests[name] = hashlib.sha256(head)
    for shard in shards:
        with Sprite(folder / shard.file) as sprite:
            images = sprite.images(workers=workers or threads())
            for name, low, high in sprite.metadata.splits:
                digests[name].update(images[low:high].data)
    lines = []
    for name, low, high in splits:
        digests[name].update(content_bytes(labels[low:high]))
        lines.append(f"{name} {digests[name].hexdigest()}\n")
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def pack_options(
    lazy: LazyDataset,
    *,
    layout: Layout = "rows",
    columns: int | None = None,
    segment_rows: int | None = None,
    shard_rows: int | None = None,
    level: int = DEFAULT_LEVEL,
    tfjs: bool = False,
    strict: bool = False,
) -> PackOptions:
    """Returns the arrangement and options with which `pack` packs a data set.

    Raises:
        InputError: the images don't fit into sprites.
    """
    shape, count = lazy.image_shape, len(lazy)
    most = shard_rows
    if shard_rows is not None and layout != "rows":
        columns = fit_tiling(shape, count, layout, columns)[0].columns
        most = max(1, shard_rows // shape[0]) * columns
    tiling, shard_images = fit_tiling(shape, count, layout, columns, most)
    return PackOptions(tiling, shard_images, segment_rows, level, tfjs, strict)
