"""The writer of one sprite: the same bytes on any number of threads, atomically."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spritenet.atomic import new_file
from spritenet.dataset.multi_label import Labels
from spritenet.sprites import index, labels
from spritenet.sprites.chunks import OVERHEAD, SIGNATURE, chunk
from spritenet.sprites.header import ihdr
from spritenet.sprites.index import Segment, segment_hash
from spritenet.sprites.metadata import Metadata
from spritenet.sprites.segments import CLOSED, combine_adler32, compress
from spritenet.sprites.tiling import Tiling
from spritenet.thread_pool import parallel_for

__all__ = ["FileDigest", "Progress", "rows_of_a_segment", "write_sprite"]

Progress = Callable[[int], object]
"""A function that gets the number of images done since the last call, from any thread."""

SEGMENT_BYTES = 1 << 17
"""Of a segment when inflated: one image is read in 0.2 ms, and what is lost to the start of each
segment is 0.1 % of the file."""


@dataclass(frozen=True, slots=True)
class FileDigest:
    """Size and hashes of a sprite's file.

    Args:
        size: its bytes.
        sha256: of all of them, in hex.
        header_size: bytes before the first IDAT chunk.
        header_sha256: of those, in hex; they hold the hashes of all others.
    """

    size: int
    sha256: str
    header_size: int
    header_sha256: str


def rows_of_a_segment(tiling: Tiling, wanted: int | None = None) -> int:
    """Returns the number of rows of a segment: whole bands.

    Args:
        tiling: of the PNG.
        wanted: about so many; by default so many as make `SEGMENT_BYTES`.
    """
    rows = SEGMENT_BYTES // (tiling.row_bytes + 1) if wanted is None else wanted
    return max(1, rows // tiling.tile_rows) * tiling.tile_rows


def write_sprite(
    path: Path,
    images: NDArray[np.uint8],
    values: Labels,
    metadata: Metadata,
    *,
    segment_rows: int,
    level: int,
    workers: int,
    progress: Progress | None = None,
) -> FileDigest:
    """Writes a sprite beside its place and renames it.

    Args:
        path: where to; an existing file is replaced.
        images: n h w c.
        values: class indices (n), or multi-label rows (n, k).
        metadata: of these images.
        segment_rows: rows of a segment, whole bands.
        level: of libdeflate, 1 (fast) to 12 (small).
        workers: threads; the bytes don't depend on it.
        progress: called with the number of images done.

    Returns:
        Its size and hashes.

    Raises:
        DataError: the disk refuses.
    """
    tiling = metadata.tiling
    starts = range(0, tiling.png_height, segment_rows)
    bodies: list[tuple[bytes, int]] = [(b"", 1)] * len(starts)

    def work(place: int) -> None:
        first, stop = _rows(tiling, starts, place)
        begin, end = tiling.images_of(first, stop)
        bodies[place] = compress(tiling.arrange(images[begin:end]), tiling.channels, level)
        if progress is not None:
            progress(end - begin)

    parallel_for(work, len(starts), workers)

    head = SIGNATURE + chunk(b"IHDR", ihdr(tiling)) + chunk(b"iTXt", metadata.to_itxt())
    head += chunk(b"snLB", labels.pack(values, len(metadata.class_names)))
    place = len(head) + OVERHEAD + len(starts) * index.ENTRY.size
    place += OVERHEAD + len(index.ZLIB_HEADER) + 8
    segments = []
    total = 1
    for number, (body, adler) in enumerate(bodies):
        first, stop = _rows(tiling, starts, number)
        segments.append(Segment(first, stop, place, len(body), segment_hash(body)))
        place = segments[-1].end
        total = combine_adler32(total, adler, (stop - first) * (tiling.row_bytes + 1))
    head += chunk(b"snIX", index.pack(segments))
    digest = hashlib.sha256(head)
    header_sha256 = digest.hexdigest()
    last = CLOSED + total.to_bytes(4, "big")
    with new_file(path) as file:
        file.write(head)
        for body in (index.ZLIB_HEADER, *(body for body, _ in bodies), last):
            piece = chunk(b"IDAT", body)
            digest.update(piece)
            file.write(piece)
        piece = chunk(b"IEND", b"")
        digest.update(piece)
        file.write(piece)
        size = file.tell()
    return FileDigest(size, digest.hexdigest(), len(head), header_sha256)


def _rows(tiling: Tiling, starts: range, place: int) -> tuple[int, int]:
    return starts[place], min(starts[place] + starts.step, tiling.png_height)
