"""PNG: filters and ends of streams, computed in the core without the GIL; an encoder of PNGs."""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spritenet.core.library import ERROR_BYTES, library
from spritenet.errors import CoreError

__all__ = ["COLOUR_TYPES", "PAETH", "SUB", "encode_png", "stream_end", "undo_filters"]

COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
"""PNG's colour type of each number of channels: grey, RGB, RGBA."""

SUB = 1
PAETH = 4


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """The end of a raw deflate stream, in bits counted from the lowest of its first byte.

    Args:
        last_block: the offset of the last block, which begins with its BFINAL bit.
        end: the offset behind it.
        bytes: the inflated size of the whole stream.
    """

    last_block: int
    end: int
    bytes: int


class _Stream(ctypes.Structure):
    _fields_ = (
        ("last_block", ctypes.c_int64),
        ("end", ctypes.c_int64),
        ("bytes", ctypes.c_int64),
    )


def undo_filters(
    filtered: bytearray,
    rows: int,
    row_bytes: int,
    pixel_bytes: int,
    out: NDArray[np.uint8] | None = None,
    *,
    highest_filter: int = SUB,
) -> int:
    """Undoes the filters of rows of a PNG (ISO/IEC 15948, clause 9).

    Args:
        filtered: `rows` rows of a filter byte and `row_bytes` bytes.
        rows: their number; the first has none above it.
        row_bytes: bytes of a row's pixels.
        pixel_bytes: bytes of a pixel, 1 to 8.
        out: `rows * row_bytes` bytes, C-contiguous; None writes over the beginning of `filtered`.
        highest_filter: `SUB` for None and Sub only, `PAETH` for all.

    Returns:
        `rows`, or the first row whose filter is not one of those.

    Raises:
        CoreError: sizes that don't fit together.
    """
    contiguous = out is None or (out.nbytes == rows * row_bytes and out.flags.c_contiguous)
    if len(filtered) != rows * (row_bytes + 1) or not contiguous:
        raise CoreError("the sizes of the rows don't match")
    if rows == 0:
        return 0
    source = (ctypes.c_char * len(filtered)).from_buffer(filtered)
    address = ctypes.addressof(source)
    target = address if out is None else out.ctypes.data
    done: int = library().sn_png_rows(address, rows, row_bytes, pixel_bytes, highest_filter, target)
    if done < 0:
        raise CoreError("invalid rows of a PNG")
    return done


def stream_end(stream: bytes | bytearray) -> StreamEnd:
    """Finds the end of a raw deflate stream (RFC 1951), and of its last block the beginning.

    Raises:
        CoreError: the stream is damaged or incomplete.
    """
    found = _Stream()
    error = ctypes.create_string_buffer(ERROR_BYTES)
    status = library().sn_deflate_end(
        bytes(stream), len(stream), ctypes.addressof(found), ctypes.addressof(error)
    )
    if status:
        raise CoreError(error.value.decode())
    return StreamEnd(found.last_block, found.end, found.bytes)


def encode_png(image: NDArray[np.uint8], level: int = 6) -> bytes:
    """Returns an image as a PNG, each row with filter 0.

    Args:
        image: uint8 h w c, of 1, 3 or 4 channels.
        level: of compression, 1 (fast) to 12 (small).
    """
    from spritenet.compression import deflate

    height, width, channels = image.shape
    header = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    rows[:, 1:] = image.reshape(height, -1)
    pixels = bytes(deflate.zlib_compress(rows.tobytes(), level))
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b"")):
        content += struct.pack(">I", len(data)) + kind + data
        content += struct.pack(">I", deflate.crc32(data, deflate.crc32(kind)))
    return content
