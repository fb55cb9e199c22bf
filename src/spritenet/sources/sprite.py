"""Sprites: one file, or a folder of them with a `dataset.json`."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spritenet.dataset import Dataset
from spritenet.dataset.lazy_dataset import Indices, LazyDataset, ReadResult
from spritenet.dataset.multi_label import Labels, class_counts
from spritenet.errors import DataError, InputError
from spritenet.sources.png_rows import is_png
from spritenet.sprites import INDEX, Sprite, SpriteFolder
from spritenet.sprites.chunks import FileBlob
from spritenet.sprites.header import holds_sprite

__all__ = ["is_sprite", "survey_sprite"]


def is_sprite(path: Path) -> bool:
    """True for a sprite, a folder of sprites, and its `dataset.json`."""
    if path.is_dir():
        return (path / INDEX).is_file()
    if path.name == INDEX:
        return True
    if not is_png(path):
        return False
    blob = FileBlob(path)
    try:
        return holds_sprite(blob)
    finally:
        blob.close()


def _read_sprite(path: Path, class_names: Sequence[str] | None = None) -> Dataset:
    """Reads a sprite or a folder of sprites, on all cores.

    Args:
        path: the file, the folder, or its `dataset.json`.
        class_names: refused; sprites hold them.

    Raises:
        DataError: a file is damaged; the message names the segment and its rows.
        InputError: class names were given.
    """
    if class_names is not None:
        raise InputError("a sprite has class names of its own", where="class_names")
    if path.is_dir() or path.name == INDEX:
        with SpriteFolder(path) as folder:
            return folder.dataset()
    with Sprite(path) as sprite:
        return sprite.dataset()


def survey_sprite(path: Path, class_names: Sequence[str] | None = None) -> LazyDataset:
    """Reads the labels of a folder of sprites, but no pixels; a single sprite is read completely.

    Args:
        path: the file, the folder, or its `dataset.json`.
        class_names: refused; sprites hold them.

    Raises:
        DataError: a file is damaged.
        InputError: class names were given.
    """
    if class_names is not None or not (path.is_dir() or path.name == INDEX):
        return LazyDataset.from_dataset(_read_sprite(path, class_names))
    images = SpriteImages(path)
    metadata = images.folder.metadata
    return LazyDataset(
        metadata.name,
        images.folder.image_shape,
        images.labels(),
        metadata.class_names,
        metadata.splits,
        images,
        metadata.source,
        metadata.licence,
    )


class SpriteImages:
    """A reader of the images in a folder of sprites, closed when no longer referenced.

    Can be pickled: unpickling opens the folder again.

    Args:
        path: the folder, or its `dataset.json`.
    """

    threads = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = SpriteFolder(path)
        counts = [shard.count for shard in self.folder.shards]
        self.firsts = np.cumsum([0, *counts])
        self._opening = threading.Lock()
        weakref.finalize(self, self.folder.close)

    def labels(self) -> Labels:
        """All labels."""
        shards = range(len(self.folder.shards))
        labels = np.concatenate([self._sprite(number).labels for number in shards])
        metadata = self.folder.metadata
        counts = class_counts(labels, len(metadata.class_names))
        if tuple(counts.tolist()) != metadata.class_counts:
            raise DataError("the labels don't match their counts", where=self.folder.path / INDEX)
        return labels

    def read(self, indices: Indices) -> ReadResult:
        """Reads images, consecutive ones together.

        Raises:
            DataError: a sprite is missing, changed or damaged; the message names it and the rows.
        """
        images = np.empty((len(indices), *self.folder.image_shape), np.uint8)
        shards = np.searchsorted(self.firsts, indices, side="right") - 1
        breaks = np.flatnonzero((np.diff(indices) != 1) | (np.diff(shards) != 0)) + 1
        for run in np.split(np.arange(len(indices)), breaks):
            if len(run):
                number = int(shards[run[0]])
                first = int(indices[run[0]] - self.firsts[number])
                sprite = self._sprite(number)
                images[run] = sprite.images(first, first + len(run), workers=1)
        return ReadResult(images)

    def _sprite(self, number: int) -> Sprite:
        with self._opening:  # each is opened once, by the first thread that needs it
            return self.folder.sprite(number)

    def __reduce__(self) -> tuple[type[SpriteImages], tuple[Path]]:
        return SpriteImages, (self.path,)
