"""Streams: data sets that are read while they are used, from sprites on disk or afar."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Self

from spritenet.dataset import Dataset
from spritenet.errors import DataError
from spritenet.sprites.metadata import Metadata, clip_ranges
from spritenet.streams.sample_order import Extent, Order, Shuffled, Windowed
from spritenet.streams.segment_cache import SegmentCache
from spritenet.streams.segment_reader import SegmentReader
from spritenet.streams.settings import StreamSettings
from spritenet.streams.shard import Shard
from spritenet.streams.stream_split import StreamSplit

__all__ = ["ShardGroup", "Stream"]

FAR_CHUNK_BYTES = 1 << 20
"""Of a file that is far away, so many bytes are asked for at a time, about: on a line of 100 Mbit/s
they take 80 ms, and a request on the way 20."""

LEAST_CHUNKS = 32
"""In a window, if memory allows it at all: fewer would hardly mix."""


@dataclass(frozen=True, slots=True)
class ShardGroup:
    """Sprites that were packed together, with their common metadata.

    Args:
        metadata: of all images together.
        shards: the sprites.
        counts: the number of images in each.
    """

    metadata: Metadata
    shards: Sequence[Shard]
    counts: Sequence[int]


class Stream:
    """A data set that is read while it is used. `spritenet.open` makes it.

        with sn.open("https://example.org/digits/dataset.json") as data:
            model.fit(data.train, epochs=5)

    Args:
        name: for messages.
        groups: its sprites.
        settings: the settings of reading.
        close: closes files and connections.
        again: opens it again; this is pickled, for other processes.

    Attributes:
        name: for messages.
        count: images in all splits together.
        shards: all sprites.
        groups: those.
        splits: `StreamSplit` under their names.
        class_names: the classes' names.
        source: who made it, and where it was got.
        licence: under which it may be used.

    Raises:
        DataError: the groups have different classes or image sizes.
    """

    def __init__(
        self,
        name: str,
        groups: Sequence[ShardGroup],
        settings: StreamSettings,
        close: Callable[[], None],
        again: Callable[[], Stream],
    ) -> None:
        first = groups[0].metadata
        for group in groups[1:]:
            _check_alike(first, group)
        self.name = name
        self.class_names = first.class_names
        self.source = first.source or name
        self.licence = first.licence
        self.settings = settings
        self.groups = tuple(groups)
        self._close = close
        self._again = again
        self._cache = SegmentCache(settings.memory // 2)
        tiling = first.tiling
        self._shape = (tiling.height, tiling.width, tiling.channels)
        self._columns = first.label_columns
        self.count = sum(count for group in groups for count in group.counts)
        self.shards = tuple(shard for group in groups for shard in group.shards)
        extents = _extents(groups)
        self.splits: Mapping[str, StreamSplit] = MappingProxyType(
            {name: self._split(name, found) for name, found in extents.items()}
        )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each image."""
        return self._shape

    @property
    def pixel_bytes(self) -> int:
        """Bytes of all images together when they are inflated."""
        return self.count * math.prod(self._shape)

    @property
    def content_hash(self) -> str:
        """`Dataset.content_hash` of what it holds, as the files say; "" of several data sets.

        `spritenet verify` finds out whether they are right.
        """
        return self.groups[0].metadata.content_hash if len(self.groups) == 1 else ""

    @property
    def train(self) -> StreamSplit:
        """The split to train on."""
        return self["train"]

    @property
    def test(self) -> StreamSplit:
        """The split to test on."""
        return self["test"]

    def __getitem__(self, name: str) -> StreamSplit:
        """The split of this name, or DataError."""
        if name not in self.splits:
            expected = ", ".join(self.splits)
            raise DataError(f"unknown split {name!r}", where=self.name, expected=expected)
        return self.splits[name]

    def __repr__(self) -> str:
        groups = ", ".join(f"{name} {len(split):,}" for name, split in self.splits.items())
        height, width, channels = self._shape
        return f"Stream({self.name!r}: {groups}, {height}×{width}×{channels})"

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        """Pickles as a call that opens it: each process has files and a cache of its own."""
        return operator.call, (self._again,)

    def read(self, progress: Callable[[int], object] | None = None) -> Dataset:
        """All of it in memory.

        Args:
            progress: called with the number of images read since the last call.

        Raises:
            DataError: something is damaged.
        """
        splits = {name: split.read(progress) for name, split in self.splits.items()}
        return Dataset(self.name, splits, self.class_names, self.source, self.licence)

    def close(self) -> None:
        """Lets go of files, connections and what is kept in memory. It can still be read from."""
        self._cache.clear()
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _split(self, name: str, extents: Sequence[Extent]) -> StreamSplit:
        settings = self.settings
        reader = SegmentReader(
            self.shards, extents, self._shape, self._columns, self._cache, settings.workers
        )
        most = max(1, settings.memory // 4 // math.prod(self._shape))
        keep = self.pixel_bytes <= self._cache.limit
        order: Order = Shuffled(reader.size, most)
        if settings.order == "windowed" or (settings.order is None and not keep):
            chunk = settings.chunk or self._chunk(extents, most)
            order = Windowed(extents, chunk, settings.window or max(1, most // chunk))
        again = partial(_split_of, self._again, name)
        return StreamSplit(name, self.class_names, reader, order, most, keep, again)

    def _chunk(self, extents: Sequence[Extent], most: int) -> int:
        """Images of a chunk: whole segments, as many as it takes to make a request worth while."""
        if not extents:
            return 1
        head = self.shards[extents[0].sprite].header
        each = int(head.images[1])
        if not self.settings.far:
            return each
        segments = max(1, FAR_CHUNK_BYTES // (int(head.lengths[0]) + 1))
        return each * max(1, min(segments, most // LEAST_CHUNKS // each))


def _split_of(again: Callable[[], Stream], name: str) -> StreamSplit:
    """Opens a stream again and returns one of its splits."""
    return again()[name]


def _extents(groups: Sequence[ShardGroup]) -> dict[str, list[Extent]]:
    """Returns the extents of each split, all groups one after the other."""
    extents: dict[str, list[Extent]] = {}
    sizes: dict[str, int] = {}
    sprite = 0
    for group in groups:
        for name, _, _ in group.metadata.splits:
            sizes.setdefault(name, 0)
        place = 0
        for count in group.counts:
            for name, first, stop in clip_ranges(group.metadata.splits, place, place + count):
                start = sizes[name]
                if first < stop:
                    extents.setdefault(name, []).append(Extent(sprite, first, start, stop - first))
                    sizes[name] = start + stop - first
            place += count
            sprite += 1
    return {name: extents.get(name, []) for name in sizes}


def _check_alike(first: Metadata, group: ShardGroup) -> None:
    """Raises DataError unless a group has the classes and image size of the first."""
    for what, say in (("classes", _classes), ("image size", _size), ("labels", _kind)):
        expected, got = say(first), say(group.metadata)
        if expected != got:
            where = group.shards[0].name
            raise DataError(f"other {what} than before it", where=where, expected=expected, got=got)


def _classes(metadata: Metadata) -> str:
    return ", ".join(metadata.class_names)


def _kind(metadata: Metadata) -> str:
    return "several an image" if metadata.multi_label else "one an image"


def _size(metadata: Metadata) -> str:
    tiling = metadata.tiling
    return f"{tiling.height}×{tiling.width}×{tiling.channels}"
