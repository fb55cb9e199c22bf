"""NumPy files: headers and values of the arrays in npz and npy files.

    x_train, y_train, x_test, y_test            Keras's mnist.npz
    train_images, train_labels, val_images, …   MedMNIST, and `spritenet unpack --to npz`
    images, labels                              a plain pair; or any two arrays that can be one
    x_train.npy, y_train.npy, …                 beside each other

Nothing is unpickled. A header's size is compared with the file's before anything is allocated.
Uncompressed arrays are memory-mapped.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import DataError
from spritenet.lfs_pointer import refuse_pointer_at
from spritenet.sources.mmap_file import spool
from spritenet.sources.text_arrays import to_texts

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

__all__ = ["NamedArray", "read_npy_header", "read_npz_headers"]

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 10_000  # NumPy's own limit
START = 16_384  # bytes, enough for any header that is not refused
HIGHEST_RATIO = 1032  # deflate's: 258 bytes from two bits; zlib's technical notes
IN_MEMORY = 1 << 28  # bytes; more are inflated into a temporary file
PIECE = 1 << 24  # bytes hashed at a time
STORED, DEFLATED = 0, 8
MOST_MEMBERS = 10_000
BROKEN = (EOFError, OSError, RuntimeError, ValueError, struct.error, zlib.error)
"""Undocumented errors of the standard library on damaged archives."""


class NamedArray(Protocol):
    """An array in a file."""

    @property
    def name(self) -> str:
        """The array's name: "x_train"."""

    @property
    def where(self) -> str:
        """The file and the array's name, for messages."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the values."""

    def array(self) -> NDArray[Any]:
        """Reads the values."""


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    """The header of an array in a file, checked against the file's size.

    Args:
        name: the array's name: "x_train".
        path: the file.
        where: the file and the array's name, for messages.
        shape: the array's shape.
        dtype: the array's data type.
        fortran: true for Fortran order, in which the first axis varies fastest.
        offset: the offset of its values in the file; -1 if they are compressed.
        member: its name in the zip.
        begin: the offset of the member in the file.
        crc: the member's CRC-32.
    """

    name: str
    path: Path
    where: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    offset: int
    member: str = ""
    begin: int = 0
    crc: int = 0

    def array(self) -> NDArray[Any]:
        """Reads the values: mapped, or inflated into memory or, if large, into a temporary file.

        Raises:
            DataError: the array is damaged, truncated, or of pickled objects.
        """
        if self.dtype.hasobject:
            raise DataError(
                "pickled objects are unsupported, as they can run code",
                where=self.where,
                expected="numbers",
                do="Save it again as an array of numbers.",
            )
        order: Literal["F", "C"] = "F" if self.fortran else "C"
        if self.offset >= 0:
            return self._mapped().reshape(self.shape, order=order)
        size = self.dtype.itemsize * math.prod(self.shape)
        content = self._inflated(size)
        if len(content) != size:
            raise DataError(
                "ends too early",
                where=self.where,
                expected=f"{size:,} bytes",
                got=f"{len(content):,}",
            )
        return np.frombuffer(content, self.dtype).reshape(self.shape, order=order)

    def _inflated(self, size: int) -> bytes | mmap:
        """Inflates the values of a compressed array."""
        from zipfile import BadZipFile, ZipFile

        try:
            with ZipFile(self.path) as opened, opened.open(self.member) as file:
                _read_header(file, self.where)
                if size > IN_MEMORY:
                    return spool(iter(lambda: file.read(PIECE), b""), self.where)
                content = file.read(size)
                file.read(1)  # to its end, where its CRC is compared
        except (BadZipFile, *BROKEN) as error:
            raise DataError("is damaged", where=self.where, got=error) from None
        return content

    def _mapped(self) -> NDArray[Any]:
        """Maps the values in the file."""
        from spritenet.compression import deflate

        end = self.offset + self.dtype.itemsize * math.prod(self.shape)
        if end == self.offset:
            return np.empty(0, self.dtype)
        file = np.memmap(self.path, np.uint8, "r")
        crc = 0
        for first in range(self.begin, end if self.member else 0, PIECE):
            crc = deflate.crc32(file[first : min(first + PIECE, end)], crc)
        if len(file) < end or crc != self.crc:
            raise DataError("is damaged", where=self.where, do="Download or copy it again.")
        return file[self.offset : end].view(self.dtype)


def read_npy_header(path: Path) -> ArrayHeader:
    """Reads the header of an npy file.

    Raises:
        DataError: the file is no npy, or its size is not the header's.
    """
    refuse_pointer_at(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        shape, fortran, dtype, offset = _read_header(file, str(path))
    found = ArrayHeader(path.stem, path, str(path), shape, dtype, fortran, offset)
    _check_size(found, size - offset)
    return found


def read_npz_headers(path: Path) -> list[ArrayHeader]:
    """Reads the headers of the arrays in an npz file.

    Raises:
        DataError: the file is no npz, or an array is larger than the file can hold.
    """
    from zipfile import BadZipFile, ZipFile

    refuse_pointer_at(path)
    try:
        with ZipFile(path) as opened:
            members = [info for info in opened.infolist() if info.filename.endswith(".npy")]
            return [_member(path, opened, info) for info in members[:MOST_MEMBERS]]
    except DataError:
        raise
    except (BadZipFile, *BROKEN) as error:
        raise DataError("damaged or unsupported npz", where=path, got=error) from None


def _member(path: Path, opened: ZipFile, info: ZipInfo) -> ArrayHeader:
    """Reads the header of an array of an npz."""
    name = info.filename.removesuffix(".npy")
    where = f"{path}, {name}"
    packed = info.compress_size * (HIGHEST_RATIO if info.compress_type else 1)
    if info.file_size > packed or info.compress_type not in {STORED, DEFLATED}:
        raise DataError(
            "the stated size exceeds what the file can hold",
            where=where,
            expected=f"at most {packed:,} bytes",
            got=f"{info.file_size:,}",
        )
    with opened.open(info) as file:
        shape, fortran, dtype, offset = _read_header(file, where)
    begin = _begin(path, info.header_offset)
    place = offset + begin if info.compress_type == STORED else -1
    found = ArrayHeader(
        name, path, where, shape, dtype, fortran, place, info.filename, begin, info.CRC
    )
    _check_size(found, info.file_size - offset)
    return found


def _read_header(file: IO[bytes], where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Reads the header at the beginning of a file: shape, order, data type and its length."""
    start = file.read(12)
    if not start.startswith(MAGIC) or len(start) < 12 or start[6] not in {1, 2, 3}:
        raise DataError("no npy array", where=where, expected="NumPy's format")
    wide = start[6] > 1
    length = int.from_bytes(start[8:12] if wide else start[8:10], "little")
    if length > LONGEST_HEADER:
        raise DataError(
            "its header is too long",
            where=where,
            expected=f"at most {LONGEST_HEADER:,} bytes",
            got=f"{length:,}",
        )
    rest = length if wide else length - 2
    header = io.BytesIO(start[8:] + file.read(max(0, rest)))
    read = np.lib.format.read_array_header_2_0 if wide else np.lib.format.read_array_header_1_0
    try:
        shape, fortran, dtype = read(header, max_header_size=LONGEST_HEADER)
    except Exception as error:  # noqa: BLE001 - NumPy's parser raises anything, tokenize's too
        got = str(error).partition(": <")[0]  # without the object
        raise DataError("its header is damaged", where=where, got=got) from None
    return tuple(shape), bool(fortran), dtype, 8 + (4 if wide else 2) + length


def _check_size(found: ArrayHeader, held: int) -> None:
    size = found.dtype.itemsize * math.prod(found.shape)
    if found.dtype.hasobject:
        return  # refused if it is wanted
    if held != size or min(found.shape, default=1) < 0 or not found.dtype.itemsize:
        raise DataError(
            "the size is not the one in the header",
            where=found.where,
            expected=f"{size:,} bytes for {'×'.join(map(str, found.shape))} of {found.dtype}",
            got=f"{held:,}",
            do="Download or copy it again.",
        )


def _begin(path: Path, header: int) -> int:
    """Returns the offset of a stored member of a zip, after its local header."""
    with path.open("rb") as file:
        file.seek(header)
        head = file.read(30)
    if len(head) < 30:
        raise DataError("damaged or unsupported npz", where=path, got="a cut-off file")
    names = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    return header + 30 + names


def names_in(values: NDArray[Any] | None) -> Sequence[str] | None:
    """Returns class names, if an array holds texts; else None."""
    if values is None or values.dtype.kind not in "SU" or values.ndim != 1:
        return None
    names, _ = to_texts(values, "class names")
    return [str(name) for name in names]
