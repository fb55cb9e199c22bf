"""Segments: rows that are compressed together and can be inflated alone.

A segment is a run of deflate blocks ended by a full flush: none is the last, nothing refers to what
is before, and it ends on a whole byte with 00 00 FF FF. Closed by `03 00` (an empty last block) it
is a deflate stream of its own. libdeflate only makes whole streams, so the mark of the last block
is cleared and the flush appended.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spritenet.core.png import stream_end, undo_filters
from spritenet.errors import DataError
from spritenet.sprites.chunks import OVERHEAD, Blob, crc32, truncation_error
from spritenet.sprites.filters import apply_filters
from spritenet.sprites.index import FLUSH, Segment, segment_hash

__all__ = [
    "CLOSED",
    "adler32",
    "combine_adler32",
    "compress",
    "inflate",
    "read_segment",
    "segment_label",
]

CLOSED = b"\x03\x00"
ADLER = 65521  # RFC 1950: the largest prime below 65,536


def compress(rows: NDArray[np.uint8], pixel_bytes: int, level: int) -> tuple[bytes, int]:
    """Compresses rows (rows, bytes) to a segment; the Adler-32 is that of its filtered rows."""
    from spritenet.compression import deflate

    raw = apply_filters(rows, pixel_bytes)
    return reopen_stream(bytes(deflate.deflate_compress(raw, level))), adler32(raw)


def reopen_stream(stream: bytes) -> bytes:
    """Clears the mark of the last block of a deflate stream, so that others can follow.

    What is appended is what zlib's Z_FULL_FLUSH appends: an empty stored block.
    """
    end = stream_end(stream)
    made = bytearray(stream[: (end.end + 7) // 8])
    made[end.last_block // 8] &= ~(1 << end.last_block % 8)
    if end.end % 8:
        made[-1] &= (1 << end.end % 8) - 1
    made += bytes((end.end + 3 + 7) // 8 - len(made))  # 3 bits: not the last, stored
    return bytes(made) + FLUSH


def read_segment(blob: Blob, number: int, segment: Segment) -> memoryview:
    """Reads a segment and checks its chunk and its hash.

    Returns:
        Its bytes, closed by `03 00`.

    Raises:
        DataError: it is not the segment that the index names.
    """
    data = bytearray(segment.length + OVERHEAD)
    where = segment_label(blob, number, segment)
    if blob.read_into(segment.offset - 8, data) < len(data):
        raise truncation_error(blob, where.removeprefix(f"{blob.name}, "))
    if data[:8] != segment.length.to_bytes(4, "big") + b"IDAT":
        raise DataError("invalid index: no IDAT chunk of this length", where=where)
    view = memoryview(data)
    digest = segment_hash(view[8:-4])
    if digest != segment.digest:
        raise DataError(
            "the segment is damaged",
            where=where,
            expected=f"SHA-256 {segment.digest.hex()[:16]}…",
            got=f"{digest.hex()[:16]}…",
            do="Download or copy the file again.",
        )
    if crc32(view[4:-4]) != int.from_bytes(data[-4:], "big"):
        raise DataError("CRC mismatch in a segment", where=where)
    if view[-8:-4] != FLUSH:
        raise DataError("the segment does not end with a full flush", where=where)
    view[-4:-2] = CLOSED  # in place of the CRC: no byte is copied
    return view[8:-2]


def inflate(closed: memoryview, rows: int, row_bytes: int, where: str) -> bytearray:
    """Inflates a closed segment to exactly `rows` filtered rows.

    Raises:
        DataError: it is no deflate data, or inflates to more or less than its rows.
    """
    from spritenet.compression import deflate

    size = rows * (row_bytes + 1)
    try:
        raw: bytearray = deflate.deflate_decompress(closed, size)
    except deflate.DeflateError:
        raise DataError(
            "the segment inflates to a wrong size", where=where, expected=f"{size:,} bytes"
        ) from None
    if len(raw) != size:
        raise DataError(
            "the segment inflates to too little",
            where=where,
            expected=f"{size:,} bytes",
            got=f"{len(raw):,}",
        )
    return raw


def unfilter(
    raw: bytearray, segment: Segment, pixel_bytes: int, out: NDArray[np.uint8], where: str
) -> None:
    """Undoes the filters of a segment's rows into `out` (rows, row_bytes).

    Raises:
        DataError: a row has a filter that needs the row above, or none that there is.
    """
    row_bytes = out.shape[1]
    done = undo_filters(raw, segment.rows, row_bytes, pixel_bytes, out)
    if done < segment.rows:
        raise DataError(
            f"row {segment.first_row + done} has an unsupported filter",
            where=where,
            expected="0 or 1",
            got=raw[done * (row_bytes + 1)],
        )


def segment_label(blob: Blob, number: int, segment: Segment) -> str:
    """Returns file, number and rows of a segment, for messages."""
    last = segment.stop_row - 1
    rows = f"row {last}" if segment.rows == 1 else f"rows {segment.first_row} to {last}"
    return f"{blob.name}, segment {number} ({rows})"


def adler32(data: bytes | bytearray | NDArray[np.uint8]) -> int:
    """Returns the Adler-32 of zlib streams."""
    from spritenet.compression import deflate

    value: int = deflate.adler32(data)
    return value


def combine_adler32(first: int, second: int, second_size: int) -> int:
    """Returns the Adler-32 of two pieces one after the other, like zlib's adler32_combine."""
    low, high = first & 0xFFFF, first >> 16
    second_low, second_high = second & 0xFFFF, second >> 16
    sums = (low + second_low - 1) % ADLER
    return ((high + second_high + second_size * (low - 1)) % ADLER) << 16 | sums
