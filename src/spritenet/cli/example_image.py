"""One test image as a file, so that there is something to try `spritenet predict` on.

A PNG (ISO/IEC 15948) is four chunks; written here, without Pillow, it costs a training no time.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from spritenet.training.disk import write_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["write_png"]

COLOUR_TYPES = {1: 0, 3: 2, 4: 6}  # channels: grey, RGB, RGBA


def write_png(path: Path, image: NDArray[np.uint8]) -> bool:
    """Write an image, uint8 h w c; False if PNG doesn't know so many channels.

    Raises:
        RunError: the disk refuses.
    """
    height, width, channels = image.shape
    if channels not in COLOUR_TYPES:
        return False
    header = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in image)  # each with filter 0, none
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    write_file(path, b"\x89PNG\r\n\x1a\n" + chunks)
    return True


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Length, type, data, checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
