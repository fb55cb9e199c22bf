"""Lazy data sets: labels, classes and splits are in memory, images are read on demand.

So a million files can be packed with the memory of one sprite.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.arrays import check_labels, check_names
from spritenet.dataset.dataset import Dataset
from spritenet.dataset.multi_label import (
    Labels,
    content_bytes,
    content_head,
    is_multi_label,
    label_columns,
)
from spritenet.dataset.source import Indices
from spritenet.dataset.split import Split
from spritenet.dataset.stratify import stratified_mask
from spritenet.errors import DataError, InputError

__all__ = [
    "ArrayImages",
    "ImageReader",
    "Indices",
    "LazyDataset",
    "ReadResult",
    "SplitRanges",
]

BLOCK_BYTES = 1 << 24  # of pixels read at a time for a hash

SplitRanges = tuple[tuple[str, int, int], ...]
"""For each split its name, the index of its first image, and the index after its last."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """Images that were read, and the errors of those that couldn't be.

    Args:
        images: uint8, n h w c, in the order of the indices; zeros where reading failed.
        unreadable: the rows where reading failed, ascending, with their errors.
        notes: warnings, a line each.
    """

    images: NDArray[np.uint8]
    unreadable: tuple[tuple[int, DataError], ...] = ()
    notes: tuple[str, ...] = ()


class ImageReader(Protocol):
    """The protocol of readers of images. They can be pickled, and read in any thread."""

    @property
    def threads(self) -> bool:
        """True if several threads read faster than one."""
        ...

    def read(self, indices: Indices) -> ReadResult:
        """Reads images.

        Raises:
            DataError: nothing can be read, or an image doesn't fit the others.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ArrayImages:
    """A reader of images in arrays, in memory or mapped from files.

    Args:
        arrays: uint8, n h w c, concatenated in this order.
    """

    arrays: tuple[NDArray[np.uint8], ...]
    threads: bool = False

    def view(self, first: int, stop: int) -> NDArray[np.uint8]:
        """Returns a range of images, without a copy if one array holds it."""
        parts = []
        for array in self.arrays:
            low, high = max(first, 0), min(stop, len(array))
            if low < high:
                parts.append(array[low:high])
            first, stop = first - len(array), stop - len(array)
        return parts[0] if len(parts) == 1 else np.concatenate(parts or [self.arrays[0][:0]])

    def read(self, indices: Indices) -> ReadResult:
        """Reads images."""
        if (
            len(indices)
            and indices[-1] - indices[0] == len(indices) - 1
            and (np.diff(indices) == 1).all()
        ):
            return ReadResult(self.view(int(indices[0]), int(indices[-1]) + 1))
        images = np.empty((len(indices), *self.arrays[0].shape[1:]), np.uint8)
        first = 0
        for array in self.arrays:
            here = (indices >= first) & (indices < first + len(array))
            images[here] = array[indices[here] - first]
            first += len(array)
        return ReadResult(images)


@dataclass(frozen=True, slots=True, eq=False)
class _Subset:
    """A reader of some images of another reader, in another order."""

    images: ImageReader
    indices: Indices

    @property
    def threads(self) -> bool:
        return self.images.threads

    def read(self, indices: Indices) -> ReadResult:
        return self.images.read(self.indices[indices])


@dataclass(frozen=True, slots=True, eq=False)
class LazyDataset:
    """A data set with its labels in memory and a reader of its images.

        data = spritenet.sources.survey("a-million-photos", size="32x32")
        images, labels = data["train"].take(np.arange(64))

    Args:
        name: the data set's name.
        image_shape: h w c, of every image.
        labels: int32 class indices (n) or multi-label rows (n, k) of all images: split after
            split.
        class_names: the names of classes 0, 1, …
        splits: ranges of images that cover all of them, in order.
        images: the reader; image i has label i.
        source: the author and the origin.
        licence: the licence's name.
        notes: warnings about how the data was read, a line each.
        pixel_range: the values of black and white in the files; None for 0 and 255.

    Raises:
        DataError: the splits, labels and class names don't agree.
    """

    name: str
    image_shape: tuple[int, int, int]
    labels: Labels
    class_names: tuple[str, ...]
    splits: SplitRanges
    images: ImageReader
    source: str = ""
    licence: str = ""
    notes: tuple[str, ...] = field(default=())
    pixel_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        check_names(self.class_names, self.name)
        check_labels(self.labels, len(self.class_names), self.name)
        ends = [0, *(stop for _, _, stop in self.splits)]
        firsts = [first for _, first, _ in self.splits]
        if firsts != ends[:-1] or ends[-1] != len(self.labels) or sorted(ends) != ends:
            raise DataError("the splits don't cover all images in order", where=self.name)

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def from_dataset(cls, data: Dataset) -> LazyDataset:
        """Wraps a data set in memory, without copying its images."""
        ranges, first = [], 0
        for name, split in data.splits.items():
            ranges.append((name, first, first + len(split)))
            first += len(split)
        return cls(
            data.name,
            data.image_shape,
            np.concatenate([split.labels for split in data.splits.values()]),
            data.class_names,
            tuple(ranges),
            ArrayImages(tuple(split.images for split in data.splits.values())),
            data.source,
            data.licence,
            pixel_range=data.pixel_range,
        )

    def to_dataset(self) -> Dataset | None:
        """Returns the data set in memory, if its images are arrays (no copy); else None."""
        if not isinstance(self.images, ArrayImages):
            return None
        splits = {
            name: Split(self.images.view(low, high), self.labels[low:high], self.class_names, name)
            for name, low, high in self.splits
        }
        return Dataset(self.name, splits, self.class_names, self.source, self.licence)

    @classmethod
    def sorted_by_split(
        cls,
        name: str,
        image_shape: tuple[int, int, int],
        labels: Labels,
        class_names: Sequence[str],
        split_of: NDArray[np.int64],
        split_names: Sequence[str],
        images: ImageReader,
        **more: object,
    ) -> LazyDataset:
        """Makes a data set of images whose splits are interleaved, sorting them by split.

        Args:
            name: the data set's name.
            image_shape: h w c.
            labels: class indices, n, or multi-label rows, n k.
            class_names: the names of classes 0, 1, …
            split_of: the number of each image's split, n.
            split_names: the names of splits 0, 1, …
            images: the reader, in the order of `labels`.
            more: source, licence, notes.
        """
        order = np.argsort(split_of, kind="stable")
        counts = np.bincount(split_of, minlength=len(split_names))
        ends = np.concatenate([[0], np.cumsum(counts)]).tolist()
        ranges = tuple(zip(split_names, ends[:-1], ends[1:], strict=True))
        if not (np.diff(order) == 1).all():
            labels, images = labels[order], _Subset(images, order)
        return cls(name, image_shape, labels, tuple(class_names), ranges, images, **more)  # type: ignore[arg-type] # texts and notes, by name

    def __getitem__(self, name: str) -> LazySplit:
        """Returns the split of this name; raises DataError if there is none."""
        for found, first, stop in self.splits:
            if found == name:
                return LazySplit(self, name, first, stop)
        has = ", ".join(found for found, _, _ in self.splits)
        raise DataError(f"unknown split {name!r}", where=self.name, expected=has)

    def with_notes(self, *notes: str) -> LazyDataset:
        """Returns a copy with more notes."""
        return replace(self, notes=(*self.notes, *notes)) if notes else self

    def select(self, names: Sequence[str]) -> LazyDataset:
        """Returns the splits of these names, in stored order.

        Raises:
            InputError: a split is missing.
        """
        has = [name for name, _, _ in self.splits]
        for name in names:
            if name not in has:
                raise InputError(
                    f"unknown split {name!r}", where=self.name, expected=", ".join(has)
                )
        chosen = [part for part in self.splits if part[0] in names]
        indices = np.concatenate([np.arange(first, stop) for _, first, stop in chosen])
        ends = np.cumsum([0, *(stop - first for _, first, stop in chosen)]).tolist()
        ranges = zip((name for name, _, _ in chosen), ends[:-1], ends[1:], strict=True)
        return self._take(indices, tuple(ranges))

    def drop_first(self, count: int, of: str = "train") -> LazyDataset:
        """Returns a copy without the first images of a split.

        Args:
            count: the number of images, fewer than the split has.
            of: the split's name.
        """
        start = next(first for name, first, _ in self.splits if name == of)
        indices = np.delete(np.arange(len(self)), slice(start, start + count))
        ranges = tuple(
            (name, first - count * (first > start), stop - count * (stop > start))
            for name, first, stop in self.splits
        )
        return self._take(indices, ranges)

    def hold_out(self, name: str, fraction: float, seed: int = 0, of: str = "train") -> LazyDataset:
        """Moves a stratified part of a split into a new, last split.

        The images are those that `Split.split(fraction, seed)` holds out. Both parts keep their
        order.

        Args:
            name: the new split's name.
            fraction: between 0 and 1; or the number of images, as an int.
            seed: of the choice.
            of: the split to take the images from.

        Raises:
            InputError: the new split exists, the old one doesn't, or one of them would be empty.
        """
        ranges = {found: (first, stop) for found, first, stop in self.splits}
        if name in ranges or of not in ranges or not name:
            what = f"there is a split {name!r} already" if name in ranges else "unknown split"
            raise InputError(what, where=self.name, got=", ".join(ranges))
        first, stop = ranges[of]
        total = fraction if isinstance(fraction, int) else round(fraction * (stop - first))
        if not 0 < total < stop - first:
            raise InputError(
                f"the new split would hold none or all of {stop - first:,} images",
                where=f"split {name}",
                expected="a fraction, or a number of images, that leaves some",
                got=fraction,
            )
        held_out = np.zeros(len(self), bool)
        held_out[first:stop] = stratified_mask(self.labels[first:stop], total, seed)
        indices = np.concatenate([np.flatnonzero(~held_out), np.flatnonzero(held_out)])
        made = [
            (found, low - total * (low >= stop), high - total * (high >= stop))
            for found, (low, high) in ranges.items()
        ]
        return self._take(indices, (*made, (name, len(self) - total, len(self))))

    def _take(self, indices: NDArray[np.int64], ranges: SplitRanges) -> LazyDataset:
        images = _Subset(self.images, indices)
        return replace(self, labels=self.labels[indices], splits=ranges, images=images)


@dataclass(frozen=True, slots=True, eq=False)
class LazySplit:
    """One split of a lazy data set, as a `Source`.

    Args:
        data: the data set.
        name: the split's name.
        first: the index of its first image in the data set.
        stop: the index after its last.
    """

    data: LazyDataset
    name: str
    first: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.first

    @property
    def class_names(self) -> tuple[str, ...]:
        """The name of each class, in order."""
        return self.data.class_names

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each image."""
        return self.data.image_shape

    @property
    def labels(self) -> Labels:
        """Class indices, n, or multi-label rows, n k."""
        return self.data.labels[self.first : self.stop]

    @property
    def is_multi_label(self) -> bool:
        """True if labels are rows: see `Split.is_multi_label`."""
        return is_multi_label(self.data.labels)

    @property
    def identity(self) -> str:
        """`Split.content_hash` of the same images in memory. Reads all of them."""
        shape = (len(self), *self.image_shape)
        from hashlib import sha256

        digest = sha256(content_head(shape, label_columns(self.labels)))
        for indices in self._blocks():
            digest.update(np.ascontiguousarray(self.take(indices)[0]).data)
        digest.update(content_bytes(self.labels))
        return digest.hexdigest()

    def take(self, indices: Indices) -> tuple[NDArray[np.uint8], Labels]:
        """Reads some images (n h w c) and returns them with their labels (n).

        Raises:
            DataError: an image can't be read.
        """
        result = self.data.images.read(indices + self.first)
        if result.unreadable:
            raise result.unreadable[0][1]
        return result.images, self.labels[indices]

    def _blocks(self) -> Iterator[Indices]:
        """All indices, a block of bounded memory at a time."""
        rows = max(1, BLOCK_BYTES // int(np.prod(self.image_shape)))
        for first in range(0, len(self), rows):
            yield np.arange(first, min(first + rows, len(self)), dtype=np.int64)
