"""An open sprite: its labels and metadata at once, its pixels when they are asked for."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from spritenet.core.pool import threads
from spritenet.dataset import Dataset, Split
from spritenet.errors import DataError, InputError
from spritenet.sprites import segments as segment_data
from spritenet.sprites.chunks import Blob, FileBlob
from spritenet.sprites.header import Head, read_head
from spritenet.sprites.index import Segment
from spritenet.sprites.metadata import Metadata
from spritenet.sprites.parallel import each

__all__ = ["Sprite", "as_dataset"]


class Sprite:
    """One sprite PNG, open. Several threads may read from it at the same time.

        with Sprite("digits.png") as sprite:
            image, label = sprite.image(7), sprite.labels[7]

    Args:
        path: of the file.
        blob: where its bytes come from, if not from that file; `close` leaves it as it is.

    Raises:
        DataError: it isn't a sprite, or is damaged, or contradicts itself.
    """

    def __init__(self, path: str | os.PathLike[str], blob: Blob | None = None) -> None:
        self.path = Path(path)
        self._file = FileBlob(self.path) if blob is None else None
        self.blob: Blob = self._file or blob  # type: ignore[assignment]  # one of them is there
        try:
            self.head: Head = read_head(self.blob)
        except DataError:
            self.close()
            raise
        self._firsts = [segment.first_row for segment in self.head.segments]

    @property
    def metadata(self) -> Metadata:
        """What the sprite says of itself."""
        return self.head.metadata

    @property
    def labels(self) -> NDArray[np.int32]:
        """Class indices, n."""
        return self.head.labels

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each image."""
        sheet = self.head.sheet
        return sheet.height, sheet.width, sheet.channels

    def __len__(self) -> int:
        return self.head.sheet.count

    def image(self, place: int) -> NDArray[np.uint8]:
        """One image, uint8 h w c; no other segment than its own is read.

        Raises:
            InputError: there is no image of this number.
            DataError: its segment is damaged.
        """
        if not 0 <= place < len(self):
            expected = f"0 to {len(self) - 1}"
            raise InputError(
                "there is no such image", where=self.blob.name, expected=expected, got=place
            )
        out = np.empty((1, *self.image_shape), np.uint8)
        self.read_into(out, place, workers=1)
        return out.reshape(self.image_shape)

    def images(
        self, first: int = 0, stop: int | None = None, *, workers: int | None = None
    ) -> NDArray[np.uint8]:
        """A range of images, uint8 n h w c; only the segments they are in are read.

        Args:
            first: the first image.
            stop: the image behind the last; by default all.
            workers: threads; by default all cores.

        Raises:
            InputError: the range is not within the sprite.
            DataError: a segment is damaged: which one, and its rows.
        """
        stop = len(self) if stop is None else stop
        if not 0 <= first <= stop <= len(self):
            expected = f"within 0 to {len(self)}"
            got = f"{first} to {stop}"
            raise InputError(
                "there are no such images", where=self.blob.name, expected=expected, got=got
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
            DataError: a segment is damaged: which one, and its rows. `out` is then undefined.
        """
        if not len(out):
            return
        sheet = self.head.sheet
        begin = bisect_right(self._firsts, sheet.rows_of(first)[0]) - 1
        end = bisect_right(self._firsts, sheet.rows_of(first + len(out) - 1)[0])
        whole = len(out) == sheet.count
        checks = [1] * (end - begin)

        def read(place: int) -> None:
            segment = self.head.segments[begin + place]
            raw = self.inflated(begin + place)
            if whole:
                checks[place] = segment_data.adler32(raw)
            self._place(raw, begin + place, segment, out, first)

        each(read, end - begin, threads() if workers is None else workers)
        if whole:
            self._check_adler(checks)

    def inflated(self, number: int) -> bytearray:
        """A segment's rows with their filters, its hash and its size checked."""
        segment = self.head.segments[number]
        closed = segment_data.fetch(self.blob, number, segment)
        where = segment_data.place_of(self.blob, number, segment)
        return segment_data.inflate(closed, segment.rows, self.head.sheet.row_bytes, where)

    def _place(
        self,
        raw: bytearray,
        number: int,
        segment: Segment,
        out: NDArray[np.uint8],
        first: int,
    ) -> None:
        """Writes those images of an inflated segment that belong into `out`."""
        sheet = self.head.sheet
        low, high = sheet.images_of(segment.first_row, segment.stop_row)
        begin, end = max(low, first), min(high, first + len(out))
        wanted = out[begin - first : end - first]
        where = segment_data.place_of(self.blob, number, segment)
        if sheet.layout == "rows" and (begin, end) == (low, high):
            rows = wanted.reshape(segment.rows, sheet.row_bytes)
            segment_data.unfilter(raw, segment, sheet.channels, rows, where)
            return
        rows = np.empty((segment.rows, sheet.row_bytes), np.uint8)
        segment_data.unfilter(raw, segment, sheet.channels, rows, where)
        first_row = sheet.rows_of(begin)[0]
        band = sheet.images_of(first_row, first_row)[0]
        stop_row = sheet.rows_of(end - 1)[1]
        rows = rows[first_row - segment.first_row : stop_row - segment.first_row]
        if begin == band:
            sheet.restore(rows, wanted)
            return
        images = np.empty((end - band, *self.image_shape), np.uint8)
        sheet.restore(rows, images)
        wanted[:] = images[begin - band :]

    def _check_adler(self, checks: list[int]) -> None:
        """Raises DataError unless a reader of the whole stream would see what the segments hold."""
        total = 1
        for check, segment in zip(checks, self.head.segments, strict=True):
            size = segment.rows * (self.head.sheet.row_bytes + 1)
            total = segment_data.combined(total, check, size)
        if total != self.head.adler32:
            raise DataError(
                "the segments are not those of the compressed stream",
                where=self.blob.name,
                expected=f"Adler-32 {self.head.adler32:08x}",
                got=f"{total:08x}",
                do="Pack it again.",
            )

    def dataset(self, *, workers: int | None = None) -> Dataset:
        """All of it as a data set.

        Raises:
            DataError: a segment is damaged: which one, and its rows.
        """
        images = self.images(workers=workers)
        return as_dataset(self.metadata, images, self.labels, self.path)

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

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], int]]:
        """Each image (h w c) with its label, a segment read at a time."""
        for segment in self.head.segments:
            low, high = self.head.sheet.images_of(segment.first_row, segment.stop_row)
            yield from zip(
                self.images(low, high, workers=1), self.labels[low:high].tolist(), strict=True
            )


def as_dataset(
    metadata: Metadata, images: NDArray[np.uint8], labels: NDArray[np.int32], path: Path
) -> Dataset:
    """Images (n h w c) and labels (n) as the splits that the metadata name."""
    splits = {
        name: Split(images[first:stop], labels[first:stop], metadata.class_names, name)
        for name, first, stop in metadata.splits
    }
    name = metadata.name or path.stem
    source = metadata.source or str(path)
    return Dataset(name, splits, metadata.class_names, source, metadata.licence)
