"""Everything in a sprite but its pixels: read first, checked as a whole, small.

Order in the file: IHDR, then iTXt `spritenet`, snLB and snIX, each once and in this order, among
them perhaps chunks that say nothing of colours; then the IDAT chunks, then IEND.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spritenet.core.png import COLOUR_TYPES
from spritenet.errors import DataError
from spritenet.sprites import index, labels
from spritenet.sprites.chunks import OVERHEAD, SIGNATURE, Blob, chunk, read_chunk, truncated
from spritenet.sprites.index import Segment
from spritenet.sprites.layout import MOST_ROWS, Sheet
from spritenet.sprites.metadata import KEYWORD, MOST_BYTES, Metadata
from spritenet.sprites.segments import CLOSED

__all__ = ["Head", "holds_sprite", "ihdr", "is_png_head", "read_head"]

# Chunks after which other programs would show other pixels than those that are stored.
FORBIDDEN = {
    b"PLTE",
    b"tRNS",
    b"gAMA",
    b"cHRM",
    b"sRGB",
    b"iCCP",
    b"cICP",
    b"mDCV",
    b"cLLI",
    b"sBIT",
}
OURS = b"iTXt spritenet"
ORDER = (b"IHDR", OURS, b"snLB", b"snIX", b"IDAT")
AGAIN = "Pack it again."
MOST_OTHER = 1 << 20
MOST_CHUNKS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """What a sprite says before its pixels.

    Args:
        metadata: image size, classes, splits, …
        labels: int32 class indices, n, read-only.
        segments: where the pixels are.
        size: bytes of the file before the first IDAT chunk.
        adler32: of all filtered rows, from the end of the file.
    """

    metadata: Metadata
    labels: NDArray[np.int32]
    segments: tuple[Segment, ...]
    size: int
    adler32: int

    @property
    def sheet(self) -> Sheet:
        """Where each image is in the picture."""
        return self.metadata.sheet


def ihdr(sheet: Sheet) -> bytes:
    """The IHDR chunk's data: 8 bits, not interlaced."""
    size = (sheet.picture_width, sheet.picture_height)
    return struct.pack(">IIBBBBB", *size, 8, COLOUR_TYPES[sheet.channels], 0, 0, 0)


def holds_sprite(blob: Blob) -> bool:
    """Whether a PNG has the chunk `spritenet` before its pixels; False for anything damaged."""
    try:
        return any(_is_ours(blob, kind, start) for kind, start, _ in _heads(blob))
    except DataError:
        return False


def is_png_head(blob: Blob) -> bool:
    """Whether all chunks of a PNG before its pixels are whole, of a sprite or not."""
    try:
        return any(kind == b"IDAT" for kind, _, _ in _heads(blob))
    except DataError:
        return False


def read_head(blob: Blob) -> Head:
    """Reads all of a sprite but its segments.

    Raises:
        DataError: it isn't a sprite, or is damaged, or contradicts itself.
    """
    where = blob.name
    if blob.read(0, 8) != SIGNATURE:
        raise DataError("this is not a PNG", where=where)
    places = _places(blob)
    itxt = read_chunk(blob, places[OURS], MOST_BYTES).data
    metadata = Metadata.from_itxt(itxt, where)
    sheet = metadata.sheet
    _check_header(read_chunk(blob, places[b"IHDR"], 13).data, sheet, where)
    most = labels.most_bytes(sheet.count, len(metadata.class_names))
    packed = read_chunk(blob, places[b"snLB"], most).data
    entries = read_chunk(blob, places[b"snIX"], MOST_ROWS * index.ENTRY.size).data
    segments = index.unpack(entries, sheet, where)
    size = places[b"IDAT"]
    trailer = index.check_tiling(segments, size, blob.size, sheet.row_bytes, where)
    adler = _check_ends(blob, size, trailer)
    values = labels.unpack(packed, sheet.count, metadata.class_counts, where)
    values.flags.writeable = False
    return Head(metadata, values, segments, size, adler)


def _places(blob: Blob) -> dict[bytes, int]:
    """Where each of our chunks begins, and the first IDAT; each is there once, in this order.

    Raises:
        DataError: one is missing, twice there or out of place, or there is one that a sprite must
            not have.
    """
    places: dict[bytes, int] = {}
    for kind, start, length in _heads(blob):
        name = OURS if _is_ours(blob, kind, start) else kind
        shown = "spritenet" if name == OURS else kind.decode("ascii", "replace")
        if name in ORDER:
            missing = ORDER[len(places)] if len(places) < len(ORDER) else b""
            if name in places or not missing:
                raise DataError(f"chunk {shown} is out of place", where=blob.name, do=AGAIN)
            if name != missing:
                lacks = "spritenet" if missing == OURS else missing.decode()
                what = f"it has no {lacks} chunk before {shown}"
                raise DataError(what, where=blob.name, do=AGAIN)
            places[name] = start
        elif kind in FORBIDDEN or kind[:1].isupper():
            raise DataError(
                f"a sprite has no {shown} chunk before its pixels",
                where=blob.name,
                do=AGAIN,
            )
        elif length > MOST_OTHER:
            raise DataError(f"chunk {shown} is too long", where=blob.name, got=f"{length:,} bytes")
    return places


def _is_ours(blob: Blob, kind: bytes, start: int) -> bool:
    """Whether a chunk is the iTXt chunk of our keyword."""
    return kind == b"iTXt" and blob.read(start + 8, len(KEYWORD) + 1) == KEYWORD + b"\0"


def _heads(blob: Blob) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and length of each chunk up to the first IDAT or IEND, without their data."""
    start = len(SIGNATURE)
    for number in range(MOST_CHUNKS):
        head = blob.read(start, 8)
        if len(head) < 8:
            raise truncated(blob, "its first chunks")
        length, kind = struct.unpack(">I4s", head)
        if (kind == b"IHDR") != (number == 0):
            raise DataError("this is not a PNG", where=blob.name, expected="an IHDR chunk first")
        if not kind.isalpha():
            raise DataError("a chunk's type is not four letters", where=blob.name, got=kind)
        yield kind, start, length
        if kind in {b"IDAT", b"IEND"}:
            return
        start += length + OVERHEAD
    raise DataError("it has too many chunks before its pixels", where=blob.name)


def _check_header(data: bytes, sheet: Sheet, where: str) -> None:
    """Raises DataError unless IHDR is that of this sheet, and the sheet of a possible size."""
    if not sheet.fits:
        got = f"{sheet.picture_height:,} rows of {sheet.picture_width:,} pixels"
        raise DataError("the picture is larger than a sprite may be", where=where, got=got)
    if data != ihdr(sheet):
        width, height, depth, colour, *rest = struct.unpack(
            ">IIBBBBB", data.ljust(13, b"\xff")[:13]
        )
        raise DataError(
            "the picture is not the one its metadata describe",
            where=where,
            expected=f"{sheet.picture_width}×{sheet.picture_height} pixels, 8 bits, colour type "
            f"{COLOUR_TYPES[sheet.channels]}, not interlaced",
            got=f"{width}×{height}, {depth} bits, colour type {colour}, {rest}",
        )


def _check_ends(blob: Blob, start: int, trailer: int) -> int:
    """Checks the first and the last IDAT chunk, and IEND; the Adler-32."""
    first = chunk(b"IDAT", index.ZLIB_HEADER)
    if blob.read(start, len(first)) != first:
        raise DataError("its first IDAT chunk is not a zlib header alone", where=blob.name)
    last = read_chunk(blob, trailer, index.TRAILER)
    fine = last.kind == b"IDAT" and len(last.data) == index.TRAILER and last.data[:2] == CLOSED
    end = chunk(b"IEND", b"")
    if not fine or blob.read(last.end, len(end)) != end:
        raise DataError("its pixels or the file do not end where they should", where=blob.name)
    return int.from_bytes(last.data[2:], "big")
