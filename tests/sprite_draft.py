"""A second writer of sprites, by the standard library, each part of which can be made wrong.

What is not made wrong on purpose is put right: CRCs, offsets, hashes and the Adler-32 follow from
the parts, so that a broken file is broken in one way only.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spritenet import Dataset

__all__ = ["Draft", "chunk", "flushed"]

Entry = tuple[int, int, int, bytes]


def chunk(kind: bytes, data: bytes) -> bytes:
    """Length, type, data, CRC."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def flushed(raw: bytes, level: int = 6) -> bytes:
    """A segment, made by zlib."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, -15)
    return compressor.compress(raw) + compressor.flush(zlib.Z_FULL_FLUSH)


@dataclass
class Draft:
    """A sprite of layout rows before it is put together.

    Attributes:
        metadata: the JSON object, or the text itself.
        labels: what snLB inflates to.
        segments: of `rows_each` rows, but for the last.
        before: chunks between snIX and the first IDAT, as they stand in the file.
        entries: what the index says, where it lies.
    """

    metadata: dict[str, Any] | bytes
    labels: bytes
    segments: list[bytes]
    header: bytes
    rows_each: int
    raw: bytes
    packed_labels: bytes | None = None
    index: bytes | None = None
    entries: dict[int, Entry] = field(default_factory=dict)
    before: bytes = b""
    after: bytes = b""
    adler: int | None = None
    zlib_header: bytes = b"\x78\x9c"
    closing: bytes = b"\x03\x00"

    @classmethod
    def of(cls, data: Dataset, rows_each: int) -> Draft:
        """A right one."""
        splits = list(data.splits.values())
        images = np.concatenate([split.images for split in splits])
        labels = np.concatenate([split.labels for split in splits])
        count, height, width, channels = images.shape
        rows = [b"\0" + image.tobytes() for image in images]
        ranges, place = {}, 0
        for split in splits:
            ranges[split.name] = [place, place + len(split)]
            place += len(split)
        metadata = {
            "version": 1,
            "height": height,
            "width": width,
            "channels": channels,
            "count": count,
            "layout": "rows",
            "columns": 1,
            "classes": list(data.class_names),
            "class_counts": np.bincount(labels, minlength=len(data.class_names)).tolist(),
            "splits": ranges,
            "sha256": data.content_hash,
            "name": data.name,
            "source": data.source,
            "licence": data.licence,
        }
        colour = {1: 0, 3: 2, 4: 6}[channels]
        return cls(
            metadata,
            labels.astype(np.uint8).tobytes(),
            [flushed(b"".join(rows[i : i + rows_each])) for i in range(0, count, rows_each)],
            struct.pack(">IIBBBBB", height * width, count, 8, colour, 0, 0, 0),
            rows_each,
            b"".join(rows),
        )

    def head(self, index: bytes) -> bytes:
        """All before the first IDAT chunk."""
        text = self.metadata
        if isinstance(text, dict):
            text = json.dumps(text).encode()
        labels = zlib.compress(self.labels) if self.packed_labels is None else self.packed_labels
        return (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", self.header)
            + chunk(b"iTXt", b"spritenet\0\0\0\0\0" + text)
            + chunk(b"snLB", labels)
            + chunk(b"snIX", index)
            + self.before
        )

    def right_entries(self) -> list[Entry]:
        """Returns the correct index."""
        size = 32 * len(self.segments) if self.index is None else len(self.index)
        place = len(self.head(bytes(size))) + 12 + len(self.zlib_header) + 8
        entries = []
        for number, segment in enumerate(self.segments):
            digest = hashlib.sha256(segment).digest()[:16]
            entries.append((number * self.rows_each, place, len(segment), digest))
            place += len(segment) + 12
        return entries

    def build(self) -> bytes:
        """The file."""
        entries = dict(enumerate(self.right_entries())) | self.entries
        index = b"".join(struct.pack(">IQI16s", *entry) for entry in entries.values())
        adler = zlib.adler32(self.raw) if self.adler is None else self.adler
        last = self.closing + struct.pack(">I", adler)
        bodies = [self.zlib_header, *self.segments, last]
        return (
            self.head(index if self.index is None else self.index)
            + b"".join(chunk(b"IDAT", body) for body in bodies)
            + chunk(b"IEND", b"")
            + self.after
        )
