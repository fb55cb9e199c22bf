"""The chunk snIX: place and hash of each segment.

For each segment 32 bytes, big-endian like everything in a PNG: its first row (4 bytes), the offset
of its first byte in the file (8), its length (4), and the first 16 bytes of the SHA-256 of its
bytes as they stand in the file.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from spritenet.errors import DataError
from spritenet.sprites.chunks import OVERHEAD
from spritenet.sprites.tiling import Tiling

__all__ = [
    "ENTRY",
    "TRAILER",
    "ZLIB_HEADER",
    "Segment",
    "check_contiguous",
    "pack",
    "segment_hash",
    "unpack",
]

ENTRY = struct.Struct(">IQI16s")
HASH_BYTES = 16
ZLIB_HEADER = b"\x78\x9c"  # deflate with a window of 32 KiB, of the default level (RFC 1950)
TRAILER = 6  # 03 00, then the Adler-32
FLUSH = b"\x00\x00\xff\xff"  # how every full flush ends
HIGHEST_RATIO = 1032  # deflate's: 258 bytes from two bits; zlib's technical notes


@dataclass(frozen=True, slots=True)
class Segment:
    """Some whole rows of a sprite, compressed so that they can be read alone.

    Args:
        first_row: of the PNG.
        stop_row: the row behind the last.
        offset: of its first byte in the file.
        length: its bytes.
        digest: the first 16 bytes of the SHA-256 of these bytes.
    """

    first_row: int
    stop_row: int
    offset: int
    length: int
    digest: bytes

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.stop_row - self.first_row

    @property
    def end(self) -> int:
        """The start of the next segment, behind this one's CRC and the next one's chunk header."""
        return self.offset + self.length + OVERHEAD


def segment_hash(data: bytes | memoryview) -> bytes:
    """Returns the hash of a segment: 16 bytes."""
    return hashlib.sha256(data).digest()[:HASH_BYTES]


def pack(segments: Sequence[Segment]) -> bytes:
    """Returns the chunk's data."""
    return b"".join(
        ENTRY.pack(segment.first_row, segment.offset, segment.length, segment.digest)
        for segment in segments
    )


def unpack(data: bytes, tiling: Tiling, where: str) -> tuple[Segment, ...]:
    """Reads the chunk's data.

    Args:
        data: of the chunk.
        tiling: of the PNG; its segments must cover all of its rows.
        where: the file's name, for errors.

    Raises:
        DataError: it isn't whole entries, or rows are missing, out of order or of half a tile.
    """
    if not data or len(data) % ENTRY.size:
        raise _index_error(
            "it is no list of segments", where, f"entries of {ENTRY.size} bytes", len(data)
        )
    entries = list(ENTRY.iter_unpack(data))
    firsts = [*(entry[0] for entry in entries), tiling.png_height]
    if firsts[0] != 0:
        raise _index_error("the first segment does not begin at row 0", where, 0, firsts[0])
    for number, (first, stop) in enumerate(pairwise(firsts)):
        if not first < stop:
            what = f"segment {number} has no rows"
            raise _index_error(what, where, f"the next one to begin behind row {first}", stop)
        if first % tiling.tile_rows:
            what = f"segment {number} begins within a tile"
            raise _index_error(what, where, f"a multiple of {tiling.tile_rows}", f"row {first}")
    return tuple(
        Segment(first, stop, offset, length, digest)
        for (first, stop), (_, offset, length, digest) in zip(
            pairwise(firsts), entries, strict=True
        )
    )


def check_contiguous(
    segments: Sequence[Segment], start: int, size: int, row_bytes: int, where: str
) -> int:
    """Checks that the segments cover the compressed data without gaps, without reading it.

    Args:
        segments: as the index has them.
        start: where the first IDAT chunk must begin.
        size: of the file.
        row_bytes: bytes of a row's pixels.
        where: the file's name, for errors.

    Returns:
        The start of the trailing IDAT chunk.

    Raises:
        DataError: a gap, an overlap, an impossible length, or a file of another size.
    """
    place = start + OVERHEAD + len(ZLIB_HEADER) + 8  # the zlib header has a chunk of its own
    for number, segment in enumerate(segments):
        what = f"segment {number} (rows {segment.first_row} to {segment.stop_row - 1})"
        if segment.offset != place:
            overlaps = "overlaps what is before it" if segment.offset < place else "leaves a gap"
            raise _index_error(
                f"{what} {overlaps}", where, f"byte {place:,}", f"{segment.offset:,}"
            )
        raw = segment.rows * (row_bytes + 1)
        least, most = raw // HIGHEST_RATIO + len(FLUSH), raw + raw // 512 + 64
        if not least <= segment.length <= most:
            expected = f"{least:,} to {most:,} bytes for {raw:,}"
            raise _index_error(
                f"{what} can't have this length", where, expected, f"{segment.length:,}"
            )
        place = segment.end
    place -= 8
    end = place + OVERHEAD + TRAILER + OVERHEAD  # a last IDAT, and IEND
    if size != end:
        raise DataError(
            "ends too early" if size < end else "is longer than its index says",
            where=where,
            expected=f"{end:,} bytes",
            got=f"{size:,}",
            do="Download or copy it again.",
        )
    return place


def _index_error(what: str, where: str, expected: object, got: object) -> DataError:
    return DataError(f"invalid index: {what}", where=where, expected=expected, got=got)
