"""A data set whose images are not in memory: all is known of it but the pixels.

Labels, classes and splits are there; images are read when they are wanted, any of them, in any
order. So a million files can be packed with the memory of one sprite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.arrays import check_names, check_range
from spritenet.dataset.dataset import Dataset
from spritenet.dataset.split import Split
from spritenet.dataset.stratify import stratified
from spritenet.errors import DataError, InputError

__all__ = ["ArrayImages", "Images", "Listing", "Pixels", "Places", "Ranges"]

Places = NDArray[np.int64]
"""Which images: numbers from 0."""

Ranges = tuple[tuple[str, int, int], ...]
"""For each split its name, its first image, and the one behind its last."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """Some images, read.

    Args:
        images: uint8, n h w c, in the order asked for; what could not be read is zero there.
        unreadable: the rows of those, rising, and why.
        notes: what people should know: a line each.
    """

    images: NDArray[np.uint8]
    unreadable: tuple[tuple[int, DataError], ...] = ()
    notes: tuple[str, ...] = ()


class Images(Protocol):
    """Where images come from. Can be pickled, and read in any thread."""

    @property
    def threads(self) -> bool:
        """Whether reading on several threads is quicker than on one."""
        ...

    def read(self, places: Places) -> Pixels:
        """Reads images.

        Raises:
            DataError: nothing can be read any more, or an image does not fit the others.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ArrayImages:
    """Images in arrays, in memory or mapped from files.

    Args:
        arrays: uint8, n h w c, one after the other.
    """

    arrays: tuple[NDArray[np.uint8], ...]
    threads: bool = False

    def view(self, first: int, stop: int) -> NDArray[np.uint8]:
        """A range: no copy where it is within one array."""
        parts = []
        for array in self.arrays:
            low, high = max(first, 0), min(stop, len(array))
            if low < high:
                parts.append(array[low:high])
            first, stop = first - len(array), stop - len(array)
        return parts[0] if len(parts) == 1 else np.concatenate(parts or [self.arrays[0][:0]])

    def read(self, places: Places) -> Pixels:
        """Reads images."""
        if (
            len(places)
            and places[-1] - places[0] == len(places) - 1
            and (np.diff(places) == 1).all()
        ):
            return Pixels(self.view(int(places[0]), int(places[-1]) + 1))
        images = np.empty((len(places), *self.arrays[0].shape[1:]), np.uint8)
        first = 0
        for array in self.arrays:
            here = (places >= first) & (places < first + len(array))
            images[here] = array[places[here] - first]
            first += len(array)
        return Pixels(images)


@dataclass(frozen=True, slots=True, eq=False)
class _Taken:
    """Some of another's images, in another order."""

    images: Images
    places: Places

    @property
    def threads(self) -> bool:
        return self.images.threads

    def read(self, places: Places) -> Pixels:
        return self.images.read(self.places[places])


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """What a data set holds, and how to read any part of it.

    Args:
        name: what to call it.
        image_shape: h w c, of every image.
        labels: int32 class indices, n, of all images: split after split.
        class_names: of classes 0, 1, …
        splits: ranges of images that together are all of them, in order.
        images: where they come from; image i has label i.
        source: who made it, and where it was got.
        licence: under which it may be used.
        notes: what people should know of how it was found: a line each.
        pixel_range: the values of black and white in what is read; None for those of pixels.

    Raises:
        DataError: these don't fit together.
    """

    name: str
    image_shape: tuple[int, int, int]
    labels: NDArray[np.int32]
    class_names: tuple[str, ...]
    splits: Ranges
    images: Images
    source: str = ""
    licence: str = ""
    notes: tuple[str, ...] = field(default=())
    pixel_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        check_names(self.class_names, self.name)
        check_range(self.labels, len(self.class_names), self.name)
        ends = [0, *(stop for _, _, stop in self.splits)]
        firsts = [first for _, first, _ in self.splits]
        if firsts != ends[:-1] or ends[-1] != len(self.labels) or sorted(ends) != ends:
            raise DataError("the splits are not all images, in order", where=self.name)

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def of(cls, data: Dataset) -> Listing:
        """A data set in memory as a listing; its images are not copied."""
        ranges, place = [], 0
        for name, split in data.splits.items():
            ranges.append((name, place, place + len(split)))
            place += len(split)
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

    def at_hand(self) -> Dataset | None:
        """The data set, if its images are in arrays: they are not copied. Else None."""
        if not isinstance(self.images, ArrayImages):
            return None
        splits = {
            name: Split(self.images.view(low, high), self.labels[low:high], self.class_names, name)
            for name, low, high in self.splits
        }
        return Dataset(self.name, splits, self.class_names, self.source, self.licence)

    @classmethod
    def sorted(
        cls,
        name: str,
        image_shape: tuple[int, int, int],
        labels: NDArray[np.int32],
        class_names: Sequence[str],
        split_of: NDArray[np.int64],
        split_names: Sequence[str],
        images: Images,
        **more: object,
    ) -> Listing:
        """A listing of images whose splits are mixed: they are put one behind the other.

        Args:
            name: what to call it.
            image_shape: h w c.
            labels: class indices, n.
            class_names: of classes 0, 1, …
            split_of: for each image the number of its split, n.
            split_names: of splits 0, 1, …
            images: in the order of `labels`.
            more: source, licence, notes.
        """
        order = np.argsort(split_of, kind="stable")
        counts = np.bincount(split_of, minlength=len(split_names))
        ends = np.concatenate([[0], np.cumsum(counts)]).tolist()
        ranges = tuple(zip(split_names, ends[:-1], ends[1:], strict=True))
        if not (np.diff(order) == 1).all():
            labels, images = labels[order], _Taken(images, order)
        return cls(name, image_shape, labels, tuple(class_names), ranges, images, **more)  # type: ignore[arg-type] # texts and notes, by name

    def noted(self, *notes: str) -> Listing:
        """The same with more notes."""
        return replace(self, notes=(*self.notes, *notes)) if notes else self

    def only(self, names: Sequence[str]) -> Listing:
        """The splits of these names, in the order in which they are stored.

        Raises:
            InputError: there is no such split.
        """
        has = [name for name, _, _ in self.splits]
        for name in names:
            if name not in has:
                raise InputError(
                    f"there is no split {name!r}", where=self.name, expected=", ".join(has)
                )
        chosen = [part for part in self.splits if part[0] in names]
        places = np.concatenate([np.arange(first, stop) for _, first, stop in chosen])
        ends = np.cumsum([0, *(stop - first for _, first, stop in chosen)]).tolist()
        ranges = zip((name for name, _, _ in chosen), ends[:-1], ends[1:], strict=True)
        return self._taken(places, tuple(ranges))

    def without_first(self, count: int, of: str = "train") -> Listing:
        """Leaves out the first images of a split.

        Args:
            count: how many, fewer than it has.
            of: the split.
        """
        start = next(first for name, first, _ in self.splits if name == of)
        places = np.delete(np.arange(len(self)), slice(start, start + count))
        ranges = tuple(
            (name, first - count * (first > start), stop - count * (stop > start))
            for name, first, stop in self.splits
        )
        return self._taken(places, ranges)

    def set_aside(self, name: str, share: float, seed: int = 0, of: str = "train") -> Listing:
        """Moves a part of every class of a split into a new split behind all others.

        The same images as `Split.split(share, seed)` sets aside; both parts keep their order.

        Args:
            name: of the new split.
            share: between 0 and 1; or how many images, as an int.
            seed: decides which.
            of: the split it is taken from.

        Raises:
            InputError: there is such a split already, or none to take from, or nothing would
                be taken or remain.
        """
        ranges = {found: (first, stop) for found, first, stop in self.splits}
        if name in ranges or of not in ranges or not name:
            what = (
                f"there is a split {name!r} already" if name in ranges else "there is no such split"
            )
            raise InputError(what, where=self.name, got=", ".join(ranges))
        first, stop = ranges[of]
        total = share if isinstance(share, int) else round(share * (stop - first))
        if not 0 < total < stop - first:
            raise InputError(
                f"this sets none or all of {stop - first:,} images aside",
                where=f"split {name}",
                expected="a share, or a number of images, that leaves some",
                got=share,
            )
        aside = np.zeros(len(self), bool)
        aside[first:stop] = stratified(self.labels[first:stop], total, seed)
        places = np.concatenate([np.flatnonzero(~aside), np.flatnonzero(aside)])
        made = [
            (found, low - total * (low >= stop), high - total * (high >= stop))
            for found, (low, high) in ranges.items()
        ]
        return self._taken(places, (*made, (name, len(self) - total, len(self))))

    def _taken(self, places: NDArray[np.int64], ranges: Ranges) -> Listing:
        images = _Taken(self.images, places)
        return replace(self, labels=self.labels[places], splits=ranges, images=images)
