"""HDF5 files, opened and read within bounds. Only this module imports h5py.

Links to other files are not followed, arrays in other files and compound types are skipped, and
nothing is unpickled.
"""

from __future__ import annotations

import io
import math
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import InputError, MissingExtraError, SpritenetError

__all__ = ["Hdf5", "Member", "attribute"]

Member = Any
"""A group or an array: h5py has no types."""

MOST_BYTES = 1 << 36  # of one array
HIGHEST_RATIO = 1032  # deflate's: 258 bytes from two bits; zlib's technical notes
SLACK = 1 << 20
MOST_TEXTS = 10_000_000  # of an array
MOST_ATTRIBUTES = 100_000  # texts of an attribute
AT_ONCE = 1 << 26  # bytes of texts that are read at once
MOST_SCANNED = 1 << 30  # bytes of a file
HEAP = b"GCOL\1\0\0\0"  # begins a global heap; HDF5 File Format Specification, III.E
TEXTS = bytes.fromhex("10000000 10000000 01000000 00000800")
"""Ends the type of texts of any length: 16 bytes for each, and elements of one byte."""

HEAP_HEAD, OBJECT = struct.Struct("<8xQ"), struct.Struct("<HHIQ")
REFERENCE = struct.Struct("<IQI")  # to a text in a heap
MOST_AXES = 32
OVERLONG = "texts longer than the file"
BROKEN = (
    *(OSError, RuntimeError, ValueError, KeyError, TypeError, IndexError),
    *(OverflowError, MemoryError),
)
"""Errors that h5py raises on damaged files."""


class Hdf5:
    """The library for HDF5 files.

    Args:
        purpose: what needs it, for the error if it isn't installed.
        extra: the extra that has it.
        error: of damaged files.

    Raises:
        MissingExtraError: h5py is not installed.
    """

    def __init__(self, purpose: str, extra: str, error: Callable[..., InputError]) -> None:
        try:
            import h5py
        except ImportError:
            raise MissingExtraError(purpose, extra) from None
        self._h5py: Any = h5py
        self._error = error

    @contextmanager
    def open(self, file: Path | BinaryIO, where: object, mode: str = "r") -> Iterator[Any]:
        """Opens a file as h5py does, while the context lasts.

        Raises:
            InputError: the file is damaged, or what is read of it inside the context.
        """
        self._file = file
        try:
            if mode == "r":
                self._refuse_harmful(file, where)
            with self._h5py.File(file, mode) as content:
                yield content
        except SpritenetError:
            raise
        except BROKEN as error:
            reason = " ".join(str(error).split())[:120]
            raise self._error("damaged or unsupported HDF5 file", where=where, got=reason) from None

    def _refuse_harmful(self, file: Path | BinaryIO, where: object) -> None:
        """Refuses a file on which HDF5 never ends, or takes memory for texts that it can't hold.

        Raises:
            InputError: a heap of texts has unused space before its end, where HDF5 goes on with
                empty objects; or texts of an attribute claim more bytes than the file has.
        """
        with _bytes_of(file) as data:
            for sign, is_harmful, got in (
                (HEAP, _is_endless, "an endless heap"),
                (TEXTS, _is_overlong, OVERLONG),
            ):
                if any(is_harmful(data, place) for place in _places(sign, data)):
                    raise self._error("damaged HDF5 file", where=where, got=got)

    def members(self, group: Member) -> Iterator[tuple[str, Member]]:
        """Yields the names and members of a group that are in this file."""
        for name in group:
            if isinstance(group.get(name, getlink=True), self._h5py.HardLink):
                yield name, group[name]

    def is_group(self, member: object) -> bool:
        """Returns True for a group."""
        return isinstance(member, self._h5py.Group)

    def is_numeric(self, member: Member) -> bool:
        """Returns True for an array of numbers that is in this file."""
        return self.is_array(member) and member.dtype.kind in "buif" and not member.dtype.hasobject

    def is_array(self, member: Member) -> bool:
        """Returns True for an array that is in this file."""
        return (
            isinstance(member, self._h5py.Dataset)
            and member.shape is not None
            and not member.external
            and not member.is_virtual
        )

    def is_text(self, member: Member) -> bool:
        """Returns True for an array of texts that is in this file."""
        return self.is_array(member) and self._h5py.check_string_dtype(member.dtype) is not None

    def type_of(self, member: Member) -> str:
        """Returns the type of an array in a few words, for messages."""
        if not self.is_array(member):
            return "empty, or in another file"
        dtype = member.dtype
        if dtype.names:
            return "a compound of " + ", ".join(dtype.names[:3])
        if self._h5py.check_vlen_dtype(dtype):
            return "lists"
        return "references" if self._h5py.check_ref_dtype(dtype) else str(dtype)

    def texts(self, dataset: Member, where: object) -> NDArray[Any]:
        """Returns the bytes of an array of texts, of any length or of one, as objects.

        Raises:
            InputError: there are too many, or they claim more than the file holds.
        """
        if dataset.size > MOST_TEXTS:
            raise self._error(
                "too many texts", where=where, expected=f"≤ {MOST_TEXTS:,}", got=f"{dataset.size:,}"
            )
        is_fixed = self._h5py.check_string_dtype(dataset.dtype).length is not None
        if is_fixed:
            self.size(dataset, where)
        if is_fixed or not dataset.ndim:
            return np.array(dataset[()], object)
        found = np.empty(dataset.shape, object)
        held, longest = self._lengths()
        rows = max(1, AT_ONCE // longest * len(dataset) // max(1, dataset.size))
        for first in range(0, len(dataset), rows):
            found[first : first + rows] = dataset[first : first + rows]
            held -= sum(map(len, found[first : first + rows].flat))
            if held < 0:  # each is in the file once
                raise self._error("damaged HDF5 file", where=where, got=OVERLONG)
        return found

    def names_of_values(self, dataset: Member) -> dict[str, int] | None:
        """Returns the names of an array's numbers, if its type has some."""
        names = self._h5py.check_enum_dtype(dataset.dtype)
        return names if names and dataset.dtype.kind in "iu" else None

    def _lengths(self) -> tuple[int, int]:
        """Returns the bytes of the opened file, and those of its longest text of any length."""
        with _bytes_of(self._file) as data:
            if not data:
                return 1 << 63, MOST_SCANNED
            places = _places(HEAP, data)
            sizes = (size for place in places for size in _objects(data, place))
            return len(data), max(1, max(sizes, default=1))

    def size(self, dataset: Member, where: object) -> int:
        """Returns the bytes of an array of numbers.

        Raises:
            InputError: the array, or a chunk of it, claims more than there can be.
        """
        size: int = dataset.dtype.itemsize * math.prod(dataset.shape)
        chunk = dataset.dtype.itemsize * math.prod(dataset.chunks or (0,))  # which is read whole
        held = min(MOST_BYTES, dataset.id.get_storage_size() * HIGHEST_RATIO + SLACK)
        if size > held or chunk > max(size, SLACK):
            raise self._error(
                "the stated size exceeds what the file can hold",
                where=where,
                got="×".join(map(str, dataset.shape)),
            )
        return size


@contextmanager
def _bytes_of(file: Path | BinaryIO) -> Iterator[bytes | mmap]:
    """The bytes of a file while the context lasts; none of a file that is too large to look at."""
    if isinstance(file, io.BytesIO):
        yield file.getvalue()
        return
    with file.open("rb") if isinstance(file, Path) else nullcontext(file) as opened:
        if not 0 < os.fstat(opened.fileno()).st_size <= MOST_SCANNED:
            yield b""
            return
        with mmap(opened.fileno(), 0, access=ACCESS_READ) as mapped:
            yield mapped


def _places(sign: bytes, data: bytes | mmap) -> Iterator[int]:
    """Yields the places at which bytes have a sign."""
    place = data.find(sign)
    while place >= 0:
        yield place
        place = data.find(sign, place + len(sign))


def _objects(data: bytes | mmap, place: int) -> Iterator[int]:
    """Yields the sizes of the objects of a global heap at a place.

    The last is -1 if it is unused space that doesn't fill the heap, or an object
    that is longer than it.
    """
    if place + HEAP_HEAD.size > len(data):
        return
    end = min(len(data), place + HEAP_HEAD.unpack_from(data, place)[0])
    place += HEAP_HEAD.size
    while place + OBJECT.size <= end:
        index, _, _, size = OBJECT.unpack_from(data, place)
        left = end - place
        if index == 0:
            if size < left:
                yield -1
            return
        if size > left - OBJECT.size:
            yield -1
            return
        yield size
        place += OBJECT.size + -(-size // 8) * 8


def _is_endless(data: bytes | mmap, place: int) -> bool:
    """Returns True if a global heap at a place has objects, or unused space, that don't fill it."""
    return any(size < 0 for size in _objects(data, place))


def _is_overlong(data: bytes | mmap, place: int) -> bool:
    """Returns True if the texts of an attribute, the end of whose type is at a place, are too long.

    The shape follows, and the length, address and index of each text.
    """
    place += len(TEXTS)
    is_padded = data[place : place + 5] == b"\0\0\0\0\1"
    place += 4 * is_padded
    head = data[place : place + 4]
    if len(head) < 4 or head[0] not in (1, 2) or head[1] > MOST_AXES or head[2] > 1:
        return False  # the type of an array, whose texts are elsewhere
    version, rank, has_limits, _ = head
    place += 8 if version == 1 else 4
    sides = data[place : place + 8 * rank]
    place += 8 * rank * (1 + has_limits)
    count = math.prod(struct.unpack(f"<{len(sides) // 8}Q", sides[: len(sides) // 8 * 8]))
    texts = data[place : place + REFERENCE.size * min(count, MOST_ATTRIBUTES)]
    whole = texts[: len(texts) // REFERENCE.size * REFERENCE.size]
    lengths: list[int] = [length for length, _, _ in REFERENCE.iter_unpack(whole)]
    return sum(lengths) > len(data)


def attribute(member: Member, name: str) -> str | list[str] | None:
    """Returns an attribute of a group: a text, a list of texts, or None if it isn't there."""
    value = member.attrs.get(name)
    if isinstance(value, np.ndarray):
        return [_text(one) for one in value.ravel()[:MOST_ATTRIBUTES]]
    return None if value is None else _text(value)


def _text(value: object) -> str:
    """Returns a text, also of bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
