"""Files in archives: the members of a zip or tar, read in place and never extracted.

Names in an archive are never opened: one that leads elsewhere (`/etc/passwd`, `../x.png`) is
harmless, and is skipped.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import DataError
from spritenet.sources.file_names import is_hidden
from spritenet.sources.images.class_folders import Parts
from spritenet.sources.images.image_decoder import MOST_BYTES
from spritenet.sources.mmap_file import MappedFile

__all__ = ["ArchiveStore", "list_tar", "list_zip"]

STORED, DEFLATED = 0, 8
LOCAL_HEADER = b"PK\x03\x04"
LOCAL_SIZE = 30
ENCRYPTED = 1
SPAN = 5  # numbers in a span

Span = tuple[int, int, int, int, int]
"""A file's offset, its bytes in the archive, its bytes inflated, its compression and its CRC-32."""


@dataclass(frozen=True, slots=True)
class ArchiveContent:
    """The members of an archive.

    Args:
        files: the paths of files that are not hidden.
        folders: the paths of folders that are not hidden.
        spans: the position of each file.
        outside: names that lead out of the archive.
    """

    files: list[Parts]
    folders: list[Parts]
    spans: list[Span]
    outside: list[str]

    @property
    def span_array(self) -> NDArray[np.int64]:
        """The spans as int64, n × 5."""
        return np.array(self.spans, np.int64).reshape(-1, SPAN)


@dataclass(frozen=True, slots=True, eq=False)
class ArchiveStore:
    """A store of the files in an archive.

    Args:
        archive: the archive's bytes.
        names: the files' names.
        spans: the files' spans, int64, n × 5. In a tar the CRC-32 is -1.
    """

    archive: MappedFile
    names: tuple[str, ...]
    spans: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.names)

    def name(self, place: int) -> str:
        """Returns the archive's path and the file's in it."""
        return f"{self.archive.path}/{self.names[place]}"

    def read(self, place: int) -> bytes:
        """Reads a file, at most as many bytes as its header states."""
        first, length, size, method, crc = self.spans[place].tolist()
        if crc < 0:
            return self._checked(self.archive[first : first + length], size, place)
        head = self.archive[first : first + LOCAL_SIZE]
        if len(head) < LOCAL_SIZE or not head.startswith(LOCAL_HEADER):
            raise self._damaged(place, "no local header")
        first += LOCAL_SIZE + int.from_bytes(head[26:28], "little")
        first += int.from_bytes(head[28:30], "little")
        if method not in {STORED, DEFLATED} or head[6] & ENCRYPTED:
            what = "encrypted" if head[6] & ENCRYPTED else f"compressed by method {method}"
            raise DataError(
                f"the file is {what}", where=self.name(place), expected="stored or deflated"
            )
        if max(size, length) > MOST_BYTES:
            raise self._too_long(place)
        data = self.archive[first : first + length]
        if method == DEFLATED:
            inflater = zlib.decompressobj(-15)
            try:
                data = inflater.decompress(data, size + 1)
            except zlib.error as error:
                raise self._damaged(place, str(error)) from None
        data = self._checked(data, size, place)
        if zlib.crc32(data) != crc:
            raise self._damaged(place, "CRC mismatch")
        return data

    def _checked(self, data: bytes, size: int, place: int) -> bytes:
        if size > MOST_BYTES:
            raise self._too_long(place)
        if len(data) != size:
            raise self._damaged(place, f"not the {size:,} bytes that its header states")
        return data

    def _too_long(self, place: int) -> DataError:
        return DataError(
            "the file is too long for an image",
            where=self.name(place),
            expected=f"at most {MOST_BYTES:,} bytes",
        )

    def _damaged(self, place: int, got: str) -> DataError:
        return DataError("the file is damaged", where=self.name(place), got=got)


def list_zip(archive: MappedFile) -> ArchiveContent:
    """Lists the members of a zip.

    Raises:
        DataError: the zip is damaged.
    """
    from zipfile import BadZipFile, ZipFile

    content = ArchiveContent([], [], [], [])
    try:
        with ZipFile(archive.path) as opened:
            for info in opened.infolist():
                parts = _parts(info.filename)
                if parts is None:
                    content.outside.append(info.filename)
                elif not parts or any(map(is_hidden, parts)):
                    continue
                elif info.is_dir():
                    content.folders.append(parts)
                else:
                    content.files.append(parts)
                    size = (info.compress_size, info.file_size, info.compress_type, info.CRC)
                    content.spans.append((info.header_offset, *size))
    except (BadZipFile, EOFError, OSError, RuntimeError, ValueError, struct.error) as error:
        raise DataError("damaged or unsupported zip", where=archive.path, got=error) from None
    return content


def list_tar(archive: MappedFile) -> ArchiveContent:
    """Lists the members of a tar.

    Raises:
        DataError: the tar is damaged.
    """
    import tarfile

    content = ArchiveContent([], [], [], [])
    try:
        with tarfile.open(fileobj=archive.bytes, mode="r:") as opened:
            while (info := opened.next()) is not None:
                opened.members.clear()  # type: ignore[attr-defined] # it would keep them all
                parts = _parts(info.name)
                if parts is None:
                    content.outside.append(info.name)
                elif not parts or any(map(is_hidden, parts)):
                    continue
                elif info.isdir():
                    content.folders.append(parts)
                elif info.isreg() and not info.issparse():
                    content.files.append(parts)
                    content.spans.append((info.offset_data, info.size, info.size, STORED, -1))
    except (tarfile.TarError, ValueError, OSError, EOFError) as error:
        raise DataError("damaged or unsupported tar", where=archive.path, got=error) from None
    return content


def _parts(name: str) -> Parts | None:
    """Splits the path of an archive's member; None for a path that leads out of it."""
    path = name.replace("\\", "/")
    parts = tuple(part for part in path.split("/") if part not in {"", "."})
    outside = path.startswith("/") or ".." in parts or (parts and parts[0].endswith(":"))
    return None if outside or "\0" in path else parts
