"""Invariants of image readers for arbitrary bytes, and inputs that reach deep code.

A mutated PNG dies at its first CRC. So the first byte of an input says how much of the rest is put
right again before it is read: nothing, the CRCs, or also what the index says of the segments.
"""

from __future__ import annotations

import hashlib
import random
import struct
import zlib
from pathlib import Path

import numpy as np

import spritenet as sn
from second_sprite_reader import read
from spritenet.sources.png_rows import read_png
from spritenet.sprites import Sprite, verify

__all__ = ["AS_IT_IS", "FOREIGN", "RIGHT_CRCS", "RIGHT_INDEX", "mutated", "one_input", "picture"]

AS_IT_IS, RIGHT_CRCS, RIGHT_INDEX, FOREIGN = range(4)
SIGNATURE = b"\x89PNG\r\n\x1a\n"
ENTRY = struct.Struct(">IQI16s")
LARGEST = 1 << 16  # bytes of an input: what is special about larger ones is tested elsewhere


def one_input(data: bytes, path: Path) -> None:
    """Read the bytes as a picture, by way of the file: it is refused in one line, or it is right.

    Raises:
        AssertionError: it is neither.
    """
    if not 1 <= len(data) <= LARGEST:
        return
    path.write_bytes(picture(data))
    if data[0] % 4 == FOREIGN:
        _foreign(path)
    else:
        _sprite(path)


def picture(data: bytes) -> bytes:
    """The file that an input stands for."""
    mode, content = data[0] % 4, data[1:]
    if mode == AS_IT_IS:
        return content
    chunks = _chunks(content)
    if mode == RIGHT_INDEX:
        chunks = _indexed(chunks)
    return SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def _chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    """Types and data; the lengths are what the input says, as far as there are bytes."""
    chunks, place = [], len(SIGNATURE)
    while place + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        chunks.append((kind, content[place + 8 : place + 8 + length]))
        place += 12 + length
    return chunks


def _indexed(chunks: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The same with an index that tells the truth of where the segments are."""
    segments, place = [], len(SIGNATURE)
    for kind, body in chunks:
        if kind == b"IDAT":
            segments.append((place + 8, body))
        place += 12 + len(body)
    segments = segments[1:-1]  # the first holds zlib's header, the last its end
    fixed = []
    for kind, body in chunks:
        if kind == b"snIX":
            firsts = [ENTRY.unpack_from(body, at)[0] for at in range(0, len(body) - 31, 32)]
            entries = zip(firsts, segments, strict=False)
            truth = [
                ENTRY.pack(first, at, len(segment), hashlib.sha256(segment).digest()[:16])
                for first, (at, segment) in entries
            ]
            fixed.append((kind, b"".join(truth) if len(truth) * 32 == len(body) else body))
        else:
            fixed.append((kind, body))
    return fixed


def _one_line(error: sn.InputError, path: Path) -> None:
    """The message names the file and is one line."""
    assert str(path) in str(error), error
    assert "\n" not in str(error), error


def _sprite(path: Path) -> None:
    """A sprite is refused, or gives what the second reader reads."""
    try:
        data = sn.load(path)
    except sn.InputError as error:
        _one_line(error, path)
        _part_of_a_broken_one(path)
        return
    metadata, labels, images = read(path)
    splits = [data.splits[name] for name in metadata["splits"]]
    assert b"".join(images) == b"".join(split.images.tobytes() for split in splits)
    assert labels == [label for split in splits for label in split.labels.tolist()]
    for problem in verify(path):  # zlib's own end, which no other reader needs
        _one_line(problem, path)


def _part_of_a_broken_one(path: Path) -> None:
    """Single images of a sprite with something wrong elsewhere are refused, or right."""
    assert verify(path)
    try:
        with Sprite(path) as sprite:
            for place in {0, len(sprite) // 2, len(sprite) - 1}:
                try:
                    image = sprite.image(place)
                except sn.InputError as error:
                    _one_line(error, path)
                else:
                    assert image.shape == sprite.image_shape
                    assert image.dtype == np.uint8
    except sn.InputError as error:
        _one_line(error, path)


def _foreign(path: Path) -> None:
    """Any other PNG is refused, or gives pixels n h w c."""
    try:
        rows = read_png(path)
    except sn.InputError as error:
        _one_line(error, path)
    else:
        assert rows.dtype == np.uint8
        assert rows.ndim == 3


def mutated(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """A few of the changes that fuzzers make: bits, bytes, numbers, lost and doubled parts."""
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4])):
        place = chance.randrange(len(changed))
        other = chance.choice(others)
        kind = chance.randrange(6)
        if kind == 0:
            changed[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            changed[place] = chance.choice([0, 1, 127, 128, 255])
        elif kind == 2:
            number = chance.choice([0, 1, 255, 65535, 2**31 - 1, 2**31, 2**32 - 1])
            changed[place : place + 4] = number.to_bytes(4, "big")
        elif kind == 3:
            del changed[place : place + chance.randrange(1, 9)]
        elif kind == 4:
            changed[place:place] = changed[place : place + chance.randrange(1, 33)]
        else:
            from_ = chance.randrange(len(other))
            changed[place : place + 16] = other[from_ : from_ + 16]
        changed = changed or bytearray(1)
    return bytes(changed)
