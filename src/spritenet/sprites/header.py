"""Headers: everything in a sprite but its pixels, read first and checked as a whole.

Order in the file: IHDR, then iTXt `spritenet`, snLB and snIX, each once and in this order, among
them perhaps chunks that say nothing of colours; then the IDAT chunks, then IEND.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from spritenet.core.png import COLOUR_TYPES
from spritenet.dataset.multi_label import Labels
from spritenet.errors import DataError
from spritenet.sprites import index, labels
from spritenet.sprites.chunks import OVERHEAD, SIGNATURE, Blob, chunk, read_chunk, truncation_error
from spritenet.sprites.index import Segment
from spritenet.sprites.metadata import KEYWORD, MAX_BYTES, Metadata
from spritenet.sprites.segments import CLOSED
from spritenet.sprites.tiling import MAX_ROWS, Tiling

__all__ = ["Header", "has_png_header", "holds_sprite", "ihdr", "read_header"]

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
class Header:
    """The content of a sprite before its pixels.

    Args:
        metadata: image size, classes, splits, …
        labels: int32 class indices (n) or uint8 multi-label rows (n, k), read-only.
        segments: places and hashes of the pixels.
        size: bytes of the file before the first IDAT chunk.
        adler32: of all filtered rows, from the end of the file.
    """

    metadata: Metadata
    labels: Labels
    segments: tuple[Segment, ...]
    size: int
    adler32: int

    @property
    def tiling(self) -> Tiling:
        """The place of each image in the PNG."""
        return self.metadata.tiling


def ihdr(tiling: Tiling) -> bytes:
    """Returns the IHDR chunk's data: 8 bits, not interlaced."""
    size = (tiling.png_width, tiling.png_height)
    return struct.pack(">IIBBBBB", *size, 8, COLOUR_TYPES[tiling.channels], 0, 0, 0)


def holds_sprite(blob: Blob) -> bool:
    """Returns whether a PNG has a `spritenet` chunk before its pixels; False if it is damaged."""
    try:
        return any(_is_ours(blob, kind, start) for kind, start, _ in _iterate_chunks(blob))
    except DataError:
        return False


def has_png_header(blob: Blob) -> bool:
    """Returns whether all chunks of a PNG before its pixels are whole."""
    try:
        return any(kind == b"IDAT" for kind, _, _ in _iterate_chunks(blob))
    except DataError:
        return False


def read_header(blob: Blob) -> Header:
    """Reads a sprite's header.

    Raises:
        DataError: it isn't a sprite, or is damaged, or contradicts itself.
    """
    where = blob.name
    if blob.read(0, 8) != SIGNATURE:
        raise DataError("this is not a PNG", where=where)
    places = _find_chunks(blob)
    itxt = read_chunk(blob, places[OURS], MAX_BYTES).data
    metadata = Metadata.from_itxt(itxt, where)
    tiling = metadata.tiling
    _check_header(read_chunk(blob, places[b"IHDR"], 13).data, tiling, where)
    most = labels.most_bytes(tiling.count, len(metadata.class_names), metadata.label_columns)
    packed = read_chunk(blob, places[b"snLB"], most).data
    entries = read_chunk(blob, places[b"snIX"], MAX_ROWS * index.ENTRY.size).data
    segments = index.unpack(entries, tiling, where)
    size = places[b"IDAT"]
    trailer = index.check_contiguous(segments, size, blob.size, tiling.row_bytes, where)
    adler = _check_ends(blob, size, trailer)
    values = labels.unpack(
        packed, tiling.count, metadata.class_counts, where, multi_label=metadata.multi_label
    )
    values.flags.writeable = False
    return Header(metadata, values, segments, size, adler)


def _find_chunks(blob: Blob) -> dict[bytes, int]:
    """Returns the start of each of our chunks and of the first IDAT; each must be there once.

    Raises:
        DataError: one is missing, twice there or out of place, or there is one that a sprite must
            not have.
    """
    places: dict[bytes, int] = {}
    for kind, start, length in _iterate_chunks(blob):
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
                f"unexpected chunk {shown} before the pixels",
                where=blob.name,
                do=AGAIN,
            )
        elif length > MOST_OTHER:
            raise DataError(f"chunk {shown} is too long", where=blob.name, got=f"{length:,} bytes")
    return places


def _is_ours(blob: Blob, kind: bytes, start: int) -> bool:
    """Returns whether a chunk is the iTXt chunk of our keyword."""
    return kind == b"iTXt" and blob.read(start + 8, len(KEYWORD) + 1) == KEYWORD + b"\0"


def _iterate_chunks(blob: Blob) -> Iterator[tuple[bytes, int, int]]:
    """Yields type, start and length of each chunk up to the first IDAT or IEND."""
    start = len(SIGNATURE)
    for number in range(MOST_CHUNKS):
        head = blob.read(start, 8)
        if len(head) < 8:
            raise truncation_error(blob, "its first chunks")
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


def _check_header(data: bytes, tiling: Tiling, where: str) -> None:
    """Raises DataError unless IHDR is that of this tiling, and its size is possible."""
    if not tiling.fits:
        got = f"{tiling.png_height:,} rows of {tiling.png_width:,} pixels"
        raise DataError("the PNG is too large for a sprite", where=where, got=got)
    if data != ihdr(tiling):
        width, height, depth, colour, *rest = struct.unpack(
            ">IIBBBBB", data.ljust(13, b"\xff")[:13]
        )
        raise DataError(
            "the PNG doesn't match its metadata",
            where=where,
            expected=f"{tiling.png_width}×{tiling.png_height} pixels, 8 bits, colour type "
            f"{COLOUR_TYPES[tiling.channels]}, not interlaced",
            got=f"{width}×{height}, {depth} bits, colour type {colour}, {rest}",
        )


def _check_ends(blob: Blob, start: int, trailer: int) -> int:
    """Checks the first and the last IDAT chunk and IEND, and returns the Adler-32."""
    first = chunk(b"IDAT", index.ZLIB_HEADER)
    if blob.read(start, len(first)) != first:
        raise DataError("the first IDAT chunk must hold the zlib header alone", where=blob.name)
    last = read_chunk(blob, trailer, index.TRAILER)
    fine = last.kind == b"IDAT" and len(last.data) == index.TRAILER and last.data[:2] == CLOSED
    end = chunk(b"IEND", b"")
    if not fine or blob.read(last.end, len(end)) != end:
        raise DataError("unexpected end of the pixels or the file", where=blob.name)
    return int.from_bytes(last.data[2:], "big")
