"""Stream splits: splits that are read while they are used, in bounded memory."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from spritenet.dataset import Split
from spritenet.dataset.batches import Batch, convert_batch, pixel_type
from spritenet.dataset.multi_label import (
    Labels,
    class_counts,
    content_bytes,
    content_head,
    empty_labels,
)
from spritenet.dataset.source import ImageQueue
from spritenet.dataset.stratify import stratified_mask, validation_size
from spritenet.errors import InputError
from spritenet.streams.epoch_iterator import EpochIterator
from spritenet.streams.rank_slice import RankSlice, check
from spritenet.streams.sample_order import Order, Shuffled, Stored, Windowed
from spritenet.streams.segment_reader import ImageReader
from spritenet.streams.subset import partition

__all__ = ["StreamSplit"]

BLOCK = 1 << 16  # labels at a time: 0.5 MiB of places


@dataclass(frozen=True, slots=True, eq=False)
class StreamSplit:
    """Images and labels of a stream's split; the interface of `Split`, without images in memory.

        data = sn.open("https://example.org/digits/dataset.json")
        image, label = data.train[7]
        some = data.train[[3, 1, 4]]                  # a Split
        for images, labels in data.train.batches(64, seed=0):
            ...
        model.fit(data.train, epochs=5)

    Args:
        name: "train", "test", …
        class_names: the classes' names.
        reader: reads images by number.
        order: of shuffled batches.
        most: images of a prefetched unit, of which two are in memory.
        keep: True if all of its inflated images fit into the cache.
        again: opens it again; this is pickled, for other processes.
    """

    name: str
    class_names: tuple[str, ...]
    reader: ImageReader
    order: Order
    most: int
    keep: bool
    again: Callable[[], StreamSplit]

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        """Pickles as a call that opens it: each process has files and a cache of its own."""
        return operator.call, (self.again,)

    def __len__(self) -> int:
        return self.reader.size

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each image."""
        return self.reader.image_shape

    @property
    def max_images(self) -> int:
        """The number of images that may be read at a time, so that memory stays bounded."""
        return self.most

    @overload
    def __getitem__(self, which: int | np.integer) -> tuple[NDArray[np.uint8], Any]: ...
    @overload
    def __getitem__(self, which: slice | Sequence[int] | NDArray[Any]) -> Split: ...
    def __getitem__(
        self, which: int | np.integer | slice | Sequence[int] | NDArray[Any]
    ) -> tuple[NDArray[np.uint8], Any] | Split:
        """Returns one image (h w c) and its label; for a slice, indices or a mask, a `Split`.

        Only the segments that hold these images are read.

        Raises:
            IndexError: the index is out of range.
            DataError: a segment is damaged.
        """
        size = len(self)
        if isinstance(which, (int, np.integer)):
            number = operator.index(which)
            if not -size <= number < size:
                raise IndexError(f"there is no image {number} among {size:,}")
            return self.reader.image(number % size)
        if isinstance(which, slice):
            places = np.arange(*which.indices(size), dtype=np.int64)
        else:
            chosen = np.asarray(which)
            if chosen.dtype == bool and chosen.shape == (size,):
                places = np.flatnonzero(chosen)
            elif chosen.ndim == 1 and (chosen.dtype.kind in "iu" or not chosen.size):
                places = chosen.astype(np.int64)
            else:
                raise IndexError("images are chosen by whole numbers, a slice or a mask")
        if places.size and not -size <= places.min() <= places.max() < size:
            worst = max(places.tolist(), key=abs)
            raise IndexError(f"there is no image {worst} among {size:,}")
        return self._read(places % max(1, size))

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], Any]]:
        """Yields each image (h w c) and its label, in stored order, prefetched."""
        for images, labels in self.batches(min(self.most, 1024), seed=None):
            yield from zip(images, labels if self.is_multi_label else labels.tolist(), strict=True)

    def __repr__(self) -> str:
        height, width, channels = self.image_shape
        return (
            f"StreamSplit({self.name!r}: {len(self):,} images of {height}×{width}×{channels}, "
            f"{len(self.class_names)} classes, {self.order.description})"
        )

    @property
    def is_multi_label(self) -> bool:
        """True if labels are rows: see `Split.is_multi_label`."""
        return self.reader.label_columns > 0

    @property
    def labels(self) -> Labels:
        """All class indices (n), 4 bytes an image, or rows (n, k), a new array.

        No pixels are read.
        """
        return self.labels_at(np.arange(len(self), dtype=np.int64))

    @property
    def class_counts(self) -> dict[str, int]:
        """The number of images of each class, by its name. No pixels are read."""
        counts = np.zeros(len(self.class_names), np.int64)
        for first in range(0, len(self), BLOCK):
            places = np.arange(first, min(first + BLOCK, len(self)), dtype=np.int64)
            counts += class_counts(self.labels_at(places), len(counts))
        return dict(zip(self.class_names, counts.tolist(), strict=True))

    @property
    def identity(self) -> str:
        """SHA-256, in hex, that differs where pixels, labels or the order of training differ.

        It covers the order and the headers of the sprites, which hold the hashes of their
        segments. No pixels are read.
        """
        digest = hashlib.sha256(f"{self.order.description}\n".encode())
        for line in self.reader.fingerprints():
            digest.update(f"{line}\n".encode())
        return digest.hexdigest()

    @property
    def content_hash(self) -> str:
        """`Split.content_hash` of the same images. All of them are read for it."""
        columns = self.reader.label_columns
        digest = hashlib.sha256(content_head((len(self), *self.image_shape), columns))
        for images, _ in self.batches(self.most, seed=None):
            digest.update(images.data)
        for first in range(0, len(self), BLOCK):
            places = np.arange(first, min(first + BLOCK, len(self)), dtype=np.int64)
            digest.update(content_bytes(self.labels_at(places)))
        return digest.hexdigest()

    def split(self, validation: float = 0.1, seed: int = 0) -> tuple[StreamSplit, StreamSplit]:
        """Splits off a stratified validation set: the same images as `Split.split`.

        Both parts are streams; only labels are read. Memory: 8 bytes an image of the validation
        set.

        Args:
            validation: the fraction to split off, between 0 and 1; or the number of images, an int.
            seed: of the choice.

        Returns:
            The remaining images, under this split's name, and the validation set, named
            "validation".

        Raises:
            InputError: nothing would remain, or nothing be set aside.
        """
        aside = stratified_mask(self.labels, validation_size(validation, len(self)), seed)
        rest, validation_set = partition(self.reader, aside)
        names = (self.name, "validation")
        again = [partial(_open_part, self.again, validation, seed, number) for number in range(2)]
        first, second = map(self._of, (rest, validation_set), names, again)
        return first, second

    def _of(self, images: ImageReader, name: str, again: Callable[[], StreamSplit]) -> StreamSplit:
        """Returns a split of some of its images."""
        order: Order = Shuffled(images.size, self.most)
        if isinstance(self.order, Windowed):
            order = Windowed(images.extents, self.order.chunk, self.order.window)
        return replace(self, name=name, reader=images, order=order, again=again)

    def read(self, progress: Callable[[int], object] | None = None) -> Split:
        """Reads all of it into memory.

        Args:
            progress: called with the number of images read since the last call.

        Raises:
            DataError: a segment is damaged.
        """
        images = np.empty((len(self), *self.image_shape), np.uint8)
        labels = empty_labels(len(self), self.reader.label_columns)
        for first in range(0, len(self), self.most):
            part = slice(first, min(first + self.most, len(self)))
            wanted = np.arange(part.start, part.stop, dtype=np.int64)
            self.reader.read(wanted, images[part], labels[part], keep=False)
            if progress is not None:
                progress(len(wanted))
        return Split(images, labels, self.class_names, self.name)

    def labels_at(self, places: NDArray[np.int64]) -> Labels:
        """Returns the labels of some images (n); no pixels are read."""
        return self.reader.labels(places)

    def take(self, indices: NDArray[np.int64]) -> tuple[NDArray[np.uint8], Labels]:
        """Reads some images (n h w c) and their labels (n), in the order of the indices."""
        split = self._read(indices)
        return split.images, split.labels

    def _read(self, places: NDArray[np.int64]) -> Split:
        """Reads some images and their labels, in this order."""
        wanted, back = np.unique(places, return_inverse=True)
        images = np.empty((len(wanted), *self.image_shape), np.uint8)
        labels = empty_labels(len(wanted), self.reader.label_columns)
        self.reader.read(wanted, images, labels, keep=self.keep)
        if not np.array_equal(wanted, places):
            images, labels = images[back], labels[back]
        return Split(images, labels, self.class_names, self.name)

    def queue(self, seed: int | None, epoch: int = 0, place: int = 0) -> ImageQueue:
        """Returns images in training's order, epoch after epoch; without a seed once, as stored.

        Args:
            seed: of the order; None for the order in which images are stored.
            epoch: the first epoch.
            place: the first image's place in it.
        """
        return self._iterator(seed).prefetch(RankSlice(), epoch, place, once=seed is None)

    def _iterator(self, seed: int | None) -> EpochIterator:
        """Returns an iterator in the order of a seed; without one, in stored order."""
        order = Stored(len(self), self.most) if seed is None else self.order
        return EpochIterator(self.reader, order, seed or 0, self.keep)

    def batches(
        self,
        batch_size: int = 32,
        *,
        seed: int | None = 0,
        epoch: int = 0,
        steps: int | None = None,
        one_hot: bool = False,
        dtype: DTypeLike = np.uint8,
        flat: bool = False,
        drop_last: bool = False,
        first_step: int = 0,
        first_image: int | None = None,
        rank: int = 0,
        ranks: int = 1,
    ) -> Iterator[Batch]:
        """Yields batches, in exactly the order in which training with this seed sees them.

        Args:
            batch_size: images in a batch, of all ranks together; an epoch's last has what remains.
            seed: of the order; None for the order in which images are stored.
            epoch: the epoch to begin with; each has an order of its own.
            steps: the number of batches, over as many epochs as it takes; by default those that
                remain of one epoch.
            one_hot: labels as float32 rows (batch classes).
            dtype: uint8 pixels 0 to 255, or float32 from 0 to 1.
            flat: images as rows (batch h·w·c).
            drop_last: leave out batches that are not full.
            first_step: batches of the first epoch that are done.
            first_image: instead, images of the first epoch that are done, by all ranks together:
                what to keep for going on with another batch size.
            rank: the part of each batch to yield.
            ranks: the number of parts of each batch, as equal as can be; some are empty where a
                batch has fewer images.

        Returns:
            Images (batch h w c) and labels (batch), in arrays of their own.

        Raises:
            InputError: a number is out of range, or the data type another one.
            DataError: a segment is damaged.
        """
        batch_size = operator.index(batch_size)
        kind = pixel_type(dtype)
        check("batch_size", batch_size, 1)
        check("epoch", epoch, 0)
        check("steps", steps or 0, 0)
        check("ranks", ranks, 1)
        check("rank", rank, 0, ranks - 1)
        size = len(self)
        check("first_step", first_step, 0, -(-size // batch_size))
        check("first_image", first_image or 0, 0, size)
        done = min(size, first_step * batch_size) if first_image is None else first_image
        if steps and (size == 0 or (drop_last and size < batch_size)):
            raise InputError(
                f"an epoch of {size} images has no batch of {batch_size}", where=self.name
            )
        part = RankSlice(batch_size, rank, ranks, drop_last=drop_last)
        batches = self._iterator(seed).batches(part, epoch, done, steps)
        if kind == "uint8" and not (one_hot or flat):
            return batches
        classes = len(self.class_names)
        return (
            convert_batch(images, labels, classes, dtype=kind, one_hot=one_hot, flat=flat)
            for images, labels in batches
        )


def _open_part(
    again: Callable[[], StreamSplit], validation: float, seed: int, number: int
) -> StreamSplit:
    """Opens a split again and returns its rest (0) or its validation set (1)."""
    return again().split(validation, seed)[number]
