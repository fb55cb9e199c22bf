"""Rows of PNG files and ends of deflate streams, in the core, outside of Python's lock."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spritenet.core.library import ERROR_BYTES, library
from spritenet.errors import CoreError

__all__ = ["PAETH", "SUB", "StreamEnd", "stream_end", "undo_filters"]

SUB = 1
PAETH = 4


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """Where a raw deflate stream ends, in bits counted from the lowest of its first byte.

    Args:
        last_block: at which the last block begins, with the mark that it is the last.
        end: behind it.
        bytes: to which the whole stream inflates.
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
        rows: how many; the first has nothing above it.
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
        raise CoreError("the sizes of a picture's rows don't fit together")
    if rows == 0:
        return 0
    source = (ctypes.c_char * len(filtered)).from_buffer(filtered)
    address = ctypes.addressof(source)
    target = address if out is None else out.ctypes.data
    done: int = library().sn_png_rows(address, rows, row_bytes, pixel_bytes, highest_filter, target)
    if done < 0:
        raise CoreError("the core refused the rows of a picture")
    return done


def stream_end(stream: bytes | bytearray) -> StreamEnd:
    """Where a raw deflate stream (RFC 1951) ends, and where its last block begins.

    Raises:
        CoreError: this is no whole deflate stream.
    """
    found = _Stream()
    error = ctypes.create_string_buffer(ERROR_BYTES)
    status = library().sn_deflate_end(
        bytes(stream), len(stream), ctypes.addressof(found), ctypes.addressof(error)
    )
    if status:
        raise CoreError(error.value.decode())
    return StreamEnd(found.last_block, found.end, found.bytes)
