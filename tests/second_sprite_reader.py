"""A second reader of sprites, from docs/reference/sprite-format.md alone, on zlib and struct.

Slow and plain on purpose: what it reads is what the format says.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from pathlib import Path
from typing import Any

__all__ = ["chunks_of", "read"]


def chunks_of(data: bytes) -> list[tuple[bytes, bytes, int]]:
    """Type, data and offset of the data of every chunk; CRCs are checked."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, place = [], 8
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + length]
        (crc,) = struct.unpack(">I", data[place + 8 + length : place + 12 + length])
        assert crc == zlib.crc32(kind + body)
        chunks.append((kind, body, place + 8))
        place += 12 + length
    return chunks


def read(path: Path) -> tuple[dict[str, Any], list[int], list[bytes]]:
    """Metadata, labels, and each image's bytes (h w c), every segment inflated alone.

    Multi-label rows come one after the other.
    """
    data = path.read_bytes()
    chunks = chunks_of(data)
    first = {kind: body for kind, body, _ in reversed(chunks)}
    assert first[b"iTXt"].startswith(b"spritenet\0\0\0\0\0")
    meta = json.loads(first[b"iTXt"][14:])
    width, height, depth, colour, *zeros = struct.unpack(">IIBBBBB", first[b"IHDR"])
    assert (depth, {0: 1, 2: 3, 6: 4}[colour], zeros) == (8, meta["channels"], [0, 0, 0])
    size = 1 if len(meta["classes"]) <= 256 else 2 if len(meta["classes"]) <= 65536 else 4
    size = 1 if meta.get("multi_label") else size  # of each class, in the order of the images
    packed = zlib.decompress(first[b"snLB"])
    labels = [int.from_bytes(packed[i : i + size], "little") for i in range(0, len(packed), size)]
    rows, row_bytes, pixel = [], width * meta["channels"], meta["channels"]
    entries = list(struct.iter_unpack(">IQI16s", first[b"snIX"]))
    ends = [entry[0] for entry in entries[1:]] + [height]
    for (start, offset, length, digest), end in zip(entries, ends, strict=True):
        body = data[offset : offset + length]
        assert hashlib.sha256(body).digest()[:16] == digest
        raw = zlib.decompress(body + b"\x03\x00", -15)
        assert len(raw) == (end - start) * (row_bytes + 1)
        for at in range(0, len(raw), row_bytes + 1):
            row = bytearray(raw[at + 1 : at + 1 + row_bytes])
            assert raw[at] in {0, 1}
            for i in range(pixel, row_bytes if raw[at] else 0):
                row[i] = (row[i] + row[i - pixel]) & 255
            rows.append(bytes(row))
    images = []
    tile = (1, width) if meta["layout"] == "rows" else (meta["height"], meta["width"])
    for i in range(meta["count"]):
        top, left = i // meta["columns"] * tile[0], i % meta["columns"] * tile[1] * pixel
        part = [row[left : left + tile[1] * pixel] for row in rows[top : top + tile[0]]]
        images.append(b"".join(part))
    return meta, labels, images
