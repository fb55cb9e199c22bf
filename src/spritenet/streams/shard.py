"""Shards: the sprites of a stream, with a compact header and segments on demand."""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import DataError
from spritenet.sprites import segments as segment_data
from spritenet.sprites.chunks import OVERHEAD, Blob
from spritenet.sprites.folder import INDEX
from spritenet.sprites.header import read_header
from spritenet.sprites.index import HASH_BYTES, Segment
from spritenet.sprites.labels import label_type
from spritenet.sprites.metadata import Metadata, Ranges
from spritenet.sprites.tiling import Tiling
from spritenet.sprites.writer import FileDigest
from spritenet.streams.blobs import RangeBlob

__all__ = ["ExpectedShard", "Shard"]


@dataclass(frozen=True, slots=True)
class ExpectedShard:
    """The entry of a sprite in `dataset.json`, to compare with the file.

    Args:
        count: images.
        written: its sizes and hashes.
        splits: the ranges of its splits.
        image_shape: h w c.
        class_names: its classes.
        multi_label: True if its labels are rows.
    """

    count: int
    digest: FileDigest
    splits: Ranges
    image_shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    multi_label: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _CompactHeader:
    """A header in few bytes: 32 a segment, and a label's width an image.

    Args:
        metadata: of the sprite.
        labels: class indices of 1, 2 or 4 bytes (n), or multi-label rows (n, k).
        rows: the first row of each segment, and the end.
        images: the first image of each segment, and the end.
        offsets: where each segment is.
        lengths: its bytes.
        digests: `HASH_BYTES` of each.
        sha256: of the header itself, in hex.
    """

    metadata: Metadata
    labels: NDArray[np.unsignedinteger]
    rows: NDArray[np.int32]
    images: NDArray[np.int64]
    offsets: NDArray[np.int64]
    lengths: NDArray[np.int32]
    digests: bytes
    sha256: str


class Shard:
    """A sprite of a stream, for several threads.

    Args:
        number: of the sprite in the stream.
        name: the name for messages.
        blob: opens the file, or returns it open.
        expected: its entry in `dataset.json`; None for a single sprite.
    """

    def __init__(
        self, number: int, name: str, blob: Callable[[], RangeBlob], expected: ExpectedShard | None
    ) -> None:
        self.number = number
        self.name = name
        self.blob = blob
        self.expected = expected
        self._header: _CompactHeader | None = None
        self._lock = threading.Lock()

    @property
    def header(self) -> _CompactHeader:
        """All but the pixels, read when it is first asked for.

        Raises:
            DataError: it is damaged, or not the one that `dataset.json` names.
        """
        head = self._header
        if head is None:
            with self._lock:
                head = self._header
                if head is None:
                    head = self._header = self._read()
        return head

    @property
    def header_sha256(self) -> str:
        """The SHA-256 of its head, in hex: it holds the hashes of everything else."""
        return self.header.sha256 if self.expected is None else self.expected.digest.header_sha256

    @property
    def is_open(self) -> bool:
        """True once the header has been read."""
        return self._header is not None

    def open(self) -> None:
        """Reads the header, if it hasn't been read."""
        _ = self.header

    @property
    def metadata(self) -> Metadata:
        """The sprite's metadata."""
        return self.header.metadata

    @property
    def labels(self) -> NDArray[np.unsignedinteger]:
        """Class indices of 1, 2 or 4 bytes (n), or multi-label rows (n, k)."""
        return self.header.labels

    def _read(self) -> _CompactHeader:
        blob = self.blob()
        try:
            return self._read_from(blob)
        except DataError:
            if not blob.invalidate(0, blob.size):
                raise
        return self._read_from(self.blob())

    def _read_from(self, blob: RangeBlob) -> _CompactHeader:
        expected = self.expected
        size = expected.digest.header_size if expected else 0
        near = blob.span(0, min(size, blob.size)) if expected else blob
        sha256 = ""
        if expected is not None:
            sha256 = hashlib.sha256(near.read(0, size)).hexdigest()
            if (blob.size, sha256) != (expected.digest.size, expected.digest.header_sha256):
                raise self._other(blob, expected, sha256)
        head = read_header(blob)
        tiling = head.tiling
        if expected is not None:
            found = (
                tiling.count,
                head.size,
                (tiling.height, tiling.width, tiling.channels),
                head.metadata.class_names,
                head.metadata.splits,
                head.metadata.multi_label,
            )
            if found != (
                expected.count,
                expected.digest.header_size,
                expected.image_shape,
                expected.class_names,
                expected.splits,
                expected.multi_label,
            ):
                what = f"the sprite does not fit {INDEX}"
                raise DataError(what, where=self.name, do="Pack it again.")
        else:
            sha256 = hashlib.sha256(blob.read(0, head.size)).hexdigest()
        found_segments = head.segments
        rows = [segment.first_row for segment in found_segments]
        images = [tiling.images_of(row, row)[0] for row in rows]
        return _CompactHeader(
            head.metadata,
            head.labels.astype(label_type(len(head.metadata.class_names), head.labels.ndim - 1)),
            np.array([*rows, tiling.png_height], np.int32),
            np.array([*images, tiling.count], np.int64),
            np.array([segment.offset for segment in found_segments], np.int64),
            np.array([segment.length for segment in found_segments], np.int32),
            b"".join(segment.digest for segment in found_segments),
            sha256,
        )

    def _other(self, blob: Blob, expected: ExpectedShard, sha256: str) -> DataError:
        """Another file is there than `dataset.json` names."""
        written = expected.digest
        return DataError(
            f"the sprite doesn't match {INDEX}",
            where=self.name,
            expected=f"{written.size:,} bytes, SHA-256 of its head {written.header_sha256[:16]}…",
            got=f"{blob.size:,} bytes, {sha256[:16]}…",
            do="Copy the whole folder again, or pack it again.",
        )

    def segment_of(self, image: int) -> int:
        """Returns the number of an image's segment."""
        return int(bisect_right(self.header.images, image)) - 1

    def span(self, first: int, stop: int) -> Blob:
        """Returns a blob with the segments `first` to `stop - 1` in memory."""
        return self.blob().span(*self._bytes(first, stop))

    def will_need(self, first: int, stop: int) -> None:
        """Announces that the segments `first` to `stop - 1` will be read soon."""
        self.blob().will_need(*self._bytes(first, stop))

    def segment(self, number: int, near: Blob | None = None) -> NDArray[np.uint8]:
        """Returns a segment's images (n h w c), with every byte checked.

        Damaged blocks of the cache are fetched once more.

        Args:
            number: of the segment.
            near: a blob that has it at hand.

        Raises:
            DataError: it is damaged: file, segment and rows.
        """
        near = self.span(number, number + 1) if near is None else near
        try:
            return self._inflated(number, near)
        except DataError:
            if not self.blob().invalidate(*self._bytes(number, number + 1)):
                raise
        return self._inflated(number, self.span(number, number + 1))

    def _bytes(self, first: int, stop: int) -> tuple[int, int]:
        """Returns the range of segments in the file, with their chunk headers and CRCs."""
        head = self.header
        start, last = int(head.offsets[first]) - 8, stop - 1
        return start, int(head.offsets[last]) + int(head.lengths[last]) + OVERHEAD - 8

    def _inflated(self, number: int, near: Blob) -> NDArray[np.uint8]:
        head, tiling = self.header, self.header.metadata.tiling
        segment = Segment(
            int(head.rows[number]),
            int(head.rows[number + 1]),
            int(head.offsets[number]),
            int(head.lengths[number]),
            head.digests[number * HASH_BYTES : (number + 1) * HASH_BYTES],
        )
        closed = segment_data.read_segment(near, number, segment)
        where = segment_data.segment_label(near, number, segment)
        raw = segment_data.inflate(closed, segment.rows, tiling.row_bytes, where)
        rows = np.empty((segment.rows, tiling.row_bytes), np.uint8)
        segment_data.unfilter(raw, segment, tiling.channels, rows, where)
        return _images(tiling, rows, int(head.images[number + 1] - head.images[number]))


def _images(tiling: Tiling, rows: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Rows of whole bands as images, n h w c."""
    shape = (count, tiling.height, tiling.width, tiling.channels)
    if tiling.layout == "rows":
        return rows.reshape(shape)
    images = np.empty(shape, np.uint8)
    tiling.restore(rows, images)
    return images
