"""Magic numbers: the kind of a file, from its first bytes."""

from __future__ import annotations

import zlib
from pathlib import Path

from spritenet.sources.inflate import GZIP_MAGIC

__all__ = ["HDF5", "PNG", "ending_of", "start_of"]

PNG = b"\x89PNG\r\n\x1a\n"
HDF5 = b"\x89HDF\r\n\x1a\n"
"""Of HDF5, and behind 512 bytes of their own of MATLAB 7.3's files."""

MATLAB = b"MATLAB "
ENDINGS = (
    (PNG, ".png"),
    (b"\x93NUMPY", ".npy"),
    (b"PAR1", ".parquet"),
    (HDF5, ".h5"),
    (MATLAB, ".mat"),
)
TAR_PLACE = 257
START = 1 << 10
PACKED = 1 << 17  # enough for a gzip header with a name and an extra field, of at most 64 KiB


def ending_of(path: Path) -> str:
    """Returns the suffix for a file's type by its first bytes; "" for IDX and unknown types.

    Texts with commas are CSV.
    """
    with path.open("rb") as file:
        start = file.read(START)
    if start.startswith(b"PK\x03\x04"):
        return _of_zip(path)
    if start.startswith(GZIP_MAGIC):
        inside = start_of(path)
        packed = ".tar" if _is_tar(inside) else ".csv" if _is_text(inside) else ""
        return packed and f"{packed}.gz"
    known = (ending for magic, ending in ENDINGS if start.startswith(magic))
    text = ".csv" if _is_text(start) and b"," in start and b"\n" in start else ""
    return next(known, ".tar" if _is_tar(start) else text)


def start_of(path: Path, size: int = START) -> bytes:
    """Reads the first bytes of a file, inflated if it is gzipped; b"" if that fails."""
    try:
        with path.open("rb") as file:
            start = file.read(PACKED)
        if not start.startswith(GZIP_MAGIC):
            return start[:size]
        return zlib.decompressobj(wbits=31).decompress(start, size)
    except (OSError, EOFError, zlib.error):
        return b""


def _of_zip(path: Path) -> str:
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(path) as opened:
            names = opened.namelist()
    except (BadZipFile, OSError, ValueError, RuntimeError):
        return ".zip"
    return ".npz" if names and all(name.endswith(".npy") for name in names) else ".zip"


def _is_tar(start: bytes) -> bool:
    return start[TAR_PLACE : TAR_PLACE + 5] == b"ustar"


def _is_text(start: bytes) -> bool:
    """True for bytes of a text: UTF-8 without control characters."""
    if not start or min(start) < 9:
        return False
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(start) - 4
    return True
