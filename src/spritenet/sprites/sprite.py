"""An open sprite: labels and metadata in memory, pixels read on demand."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from spritenet.core.pool import threads
from spritenet.dataset import Dataset, Split
from spritenet.dataset.multi_label import Labels
from spritenet.errors import DataError, InputError
from spritenet.sprites import segments as segment_data
from spritenet.sprites.chunks import Blob, FileBlob
from spritenet.sprites.header import Header, read_header
from spritenet.sprites.index import Segment
from spritenet.sprites.metadata import Metadata
from spritenet.thread_pool import parallel_for

__all__ = ["Sprite", "split_dataset"]


class Sprite:
    """One sprite PNG, open. Several threads may read from it at the same time.

        with Sprite("digits.png") as sprite:
            image, label = sprite.image(7), sprite.labels[7]

    Args:
        path: of the file.
        blob: the source of its bytes, if not that file; `close` leaves it open.

    Raises:
        DataError: it isn't a sprite, or is damaged, or contradicts itself.
    """

    def __init__(self, path: str | os.PathLike[str], blob: Blob | None = None) -> None:
        self.path = Path(path)
        self._file = FileBlob(self.path) if blob is None else None
        self.blob: Blob = self._file or blob  # type: ignore[assignment]  # one of them is there
        try:
            self.header: Header = read_header(self.blob)
        except DataError:
            self.close()
            raise
        self._firsts = [segment.first_row for segment in self.header.segments]

    @property
    def metadata(self) -> Metadata:
        """The metadata."""
        return self.header.metadata

    @property
    def labels(self) -> Labels:
        """Class indices (n), or multi-label rows (n, k)."""
        return self.header.labels

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each image."""
        tiling = self.header.tiling
        return tiling.height, tiling.width, tiling.channels

    def __len__(self) -> int:
        return self.header.tiling.count

    def image(self, place: int) -> NDArray[np.uint8]:
        """Returns one image, uint8 h w c; only its segment is read.

        Raises:
            InputError: there is no image of this number.
            DataError: its segment is damaged.
        """
        if not 0 <= place < len(self):
            expected = f"0 to {len(self) - 1}"
            raise InputError(
                "image index out of range", where=self.blob.name, expected=expected, got=place
            )
        out = np.empty((1, *self.image_shape), np.uint8)
        self.read_into(out, place, workers=1)
        return out.reshape(self.image_shape)

    def images(
        self, first: int = 0, stop: int | None = None, *, workers: int | None = None
    ) -> NDArray[np.uint8]:
        """Returns a range of images, uint8 n h w c; only their segments are read.

        Args:
            first: the first image.
            stop: the image behind the last; by default all.
            workers: threads; by default all cores.

        Raises:
            InputError: the range is not within the sprite.
            DataError: a segment is damaged; the message names it and its rows.
        """
        stop = len(self) if stop is None else stop
        if not 0 <= first <= stop <= len(self):
            expected = f"within 0 to {len(self)}"
            got = f"{first} to {stop}"
            raise InputError(
                "image range out of bounds", where=self.blob.name, expected=expected, got=got
            )
        out = np.empty((stop - first, *self.image_shape), np.uint8)
        self.read_into(out, first, workers=workers)
        return out

    def read_into(
        self, out: NDArray[np.uint8], first: int = 0, *, workers: int | None = None
    ) -> None:
        """Reads as many images as there is room for, from image `first` on.

        Args:
            out: uint8 n h w c, C-contiguous.
            first: the first image.
            workers: threads; by default all cores.

        Raises:
            DataError: a segment is damaged; the message names it and its rows. `out` is then
                undefined.
        """
        if not len(out):
            return
        tiling = self.header.tiling
        begin = bisect_right(self._firsts, tiling.rows_of(first)[0]) - 1
        end = bisect_right(self._firsts, tiling.rows_of(first + len(out) - 1)[0])
        whole = len(out) == tiling.count
        checks = [1] * (end - begin)

        def read(place: int) -> None:
            segment = self.header.segments[begin + place]
            raw = self.inflated(begin + place)
            if whole:
                checks[place] = segment_data.adler32(raw)
            self._place(raw, begin + place, segment, out, first)

        parallel_for(read, end - begin, threads() if workers is None else workers)
        if whole:
            self._check_adler(checks)

    def inflated(self, number: int) -> bytearray:
        """A segment's rows with their filters, its hash and its size checked."""
        segment = self.header.segments[number]
        closed = segment_data.read_segment(self.blob, number, segment)
        where = segment_data.segment_label(self.blob, number, segment)
        return segment_data.inflate(closed, segment.rows, self.header.tiling.row_bytes, where)

    def _place(
        self,
        raw: bytearray,
        number: int,
        segment: Segment,
        out: NDArray[np.uint8],
        first: int,
    ) -> None:
        """Writes those images of an inflated segment that belong into `out`."""
        tiling = self.header.tiling
        low, high = tiling.images_of(segment.first_row, segment.stop_row)
        begin, end = max(low, first), min(high, first + len(out))
        wanted = out[begin - first : end - first]
        where = segment_data.segment_label(self.blob, number, segment)
        if tiling.layout == "rows" and (begin, end) == (low, high):
            rows = wanted.reshape(segment.rows, tiling.row_bytes)
            segment_data.unfilter(raw, segment, tiling.channels, rows, where)
            return
        rows = np.empty((segment.rows, tiling.row_bytes), np.uint8)
        segment_data.unfilter(raw, segment, tiling.channels, rows, where)
        first_row = tiling.rows_of(begin)[0]
        band = tiling.images_of(first_row, first_row)[0]
        stop_row = tiling.rows_of(end - 1)[1]
        rows = rows[first_row - segment.first_row : stop_row - segment.first_row]
        if begin == band:
            tiling.restore(rows, wanted)
            return
        images = np.empty((end - band, *self.image_shape), np.uint8)
        tiling.restore(rows, images)
        wanted[:] = images[begin - band :]

    def _check_adler(self, checks: list[int]) -> None:
        """Raises DataError unless a reader of the whole stream would see what the segments hold."""
        total = 1
        for check, segment in zip(checks, self.header.segments, strict=True):
            size = segment.rows * (self.header.tiling.row_bytes + 1)
            total = segment_data.combine_adler32(total, check, size)
        if total != self.header.adler32:
            raise DataError(
                "the segments don't match the compressed stream",
                where=self.blob.name,
                expected=f"Adler-32 {self.header.adler32:08x}",
                got=f"{total:08x}",
                do="Pack it again.",
            )

    def dataset(self, *, workers: int | None = None) -> Dataset:
        """Reads all of it as a data set.

        Raises:
            DataError: a segment is damaged; the message names it and its rows.
        """
        images = self.images(workers=workers)
        return split_dataset(self.metadata, images, self.labels, self.path)

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], Any]]:
        """Each image (h w c) with its label, a segment read at a time."""
        labels = self.labels if self.metadata.multi_label else self.labels.tolist()
        for segment in self.header.segments:
            low, high = self.header.tiling.images_of(segment.first_row, segment.stop_row)
            yield from zip(self.images(low, high, workers=1), labels[low:high], strict=True)


def split_dataset(
    metadata: Metadata, images: NDArray[np.uint8], labels: Labels, path: Path
) -> Dataset:
    """Divides images (n h w c) and labels into the splits of the metadata."""
    splits = {
        name: Split(images[first:stop], labels[first:stop], metadata.class_names, name)
        for name, first, stop in metadata.splits
    }
    name = metadata.name or path.stem
    source = metadata.source or str(path)
    return Dataset(name, splits, metadata.class_names, source, metadata.licence)
