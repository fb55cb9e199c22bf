"""A zip or tar of a folder of images, read in place: nothing is extracted.

Names in an archive are only ever looked at, never opened: one that leads elsewhere (`/etc/passwd`,
`../x.png`) can do no harm, and is passed over.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.errors import DataError, InputError
from spritenet.sources.file_names import is_hidden
from spritenet.sources.images.class_folders import Parts
from spritenet.sources.images.image_decoder import MOST_BYTES, lazy_labelled_images
from spritenet.sources.images.image_spec import ImageSpec
from spritenet.sources.images.labelled_files import LabelRule, label_files
from spritenet.sources.mmap_file import MappedFile

__all__ = ["ArchiveStore", "is_archive", "members_of", "survey_archive"]

ZIPS = (".zip",)
TARS = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2")

STORED, DEFLATED = 0, 8
LOCAL_HEADER = b"PK\x03\x04"
LOCAL_SIZE = 30
ENCRYPTED = 1
SPAN = 5  # numbers that say where a file is


@dataclass(frozen=True, slots=True, eq=False)
class ArchiveStore:
    """Files within an archive.

    Args:
        archive: its bytes.
        names: of the files.
        spans: for each, where it begins, its bytes there, its bytes inflated, how it is compressed
            and the CRC-32 of it: int64, n × 5. In a tar the last is -1.
    """

    archive: MappedFile
    names: tuple[str, ...]
    spans: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.names)

    def name(self, place: int) -> str:
        """The archive's path and the file's in it."""
        return f"{self.archive.path}/{self.names[place]}"

    def read(self, place: int) -> bytes:
        """Reads a file, never more of it than its header promises."""
        first, length, size, method, crc = self.spans[place].tolist()
        if crc < 0:
            return self._checked(self.archive[first : first + length], size, place)
        head = self.archive[first : first + LOCAL_SIZE]
        if len(head) < LOCAL_SIZE or not head.startswith(LOCAL_HEADER):
            raise self._damaged(place, "no file begins there")
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
            raise self._damaged(place, "its CRC is wrong")
        return data

    def _checked(self, data: bytes, size: int, place: int) -> bytes:
        if size > MOST_BYTES:
            raise self._too_long(place)
        if len(data) != size:
            raise self._damaged(place, f"not the {size:,} bytes that were promised")
        return data

    def _too_long(self, place: int) -> DataError:
        return DataError(
            "the file is too long for an image",
            where=self.name(place),
            expected=f"at most {MOST_BYTES:,} bytes",
        )

    def _damaged(self, place: int, got: str) -> DataError:
        return DataError("is damaged in the archive", where=self.name(place), got=got)


def is_archive(path: Path) -> bool:
    """True if a file's name says that it is a zip or a tar."""
    return path.name.lower().endswith(ZIPS + TARS) and path.is_file()


def members_of(archive: MappedFile) -> tuple[list[Parts], list[tuple[int, int, int, int, int]]]:
    """The files of a tar, and their spans, as `ArchiveStore` has them.

    Raises:
        DataError: it is damaged or no tar.
    """
    files, _, spans, _ = _in_tar(archive)
    return files, spans


def survey_archive(
    path: Path,
    form: ImageSpec,
    class_names: Sequence[str] | None = None,
    by: LabelRule | None = None,
) -> LazyDataset:
    """Finds the images, classes and splits of an archive.

    Args:
        path: of the zip or tar.
        form: what images are to become.
        class_names: of classes 0, 1, …, for one of WebDataset's tars.
        by: how classes are found; by default by a table, by folders or by names, as there are.

    Raises:
        DataError: it is damaged or no archive, or holds no images in folders of classes.
    """
    archive = MappedFile(path)
    found = _in_zip if path.name.lower().endswith(ZIPS) else _in_tar
    files, folders, spans, stray = found(archive)
    if found is _in_tar:
        from spritenet.sources.images.webdataset import pairs_of, survey_webdataset

        if pairs_of(files):
            return survey_webdataset(path, form, class_names)
    if class_names is not None:
        raise InputError("classes are called as their folders", where="class_names")
    every = tuple("/".join(parts) for parts in files)
    places = np.array(spans, np.int64).reshape(-1, SPAN)
    read = ArchiveStore(archive, every, places).read
    tree, notes = label_files(files, folders, read, path, by or LabelRule())
    names = tuple(every[number] for number in tree.chosen.tolist())
    store = ArchiveStore(archive, names, places[tree.chosen])
    listing = lazy_labelled_images(path, store, tree, form, notes)
    if not stray:
        return listing
    note = f"passed over, leading out of the archive: {', '.join(map(repr, stray[:3]))}"
    return listing.with_notes(note + (f", {len(stray) - 3:,} more" if len(stray) > 3 else ""))


Found = tuple[list[Parts], list[Parts], list[tuple[int, int, int, int, int]], list[str]]
"""Files, folders, where the files are, and names that lead elsewhere."""


def _in_zip(archive: MappedFile) -> Found:
    from zipfile import BadZipFile, ZipFile

    files: list[Parts] = []
    folders: list[Parts] = []
    spans = []
    stray = []
    try:
        with ZipFile(archive.path) as opened:
            for info in opened.infolist():
                parts = _parts(info.filename)
                if parts is None:
                    stray.append(info.filename)
                elif not parts or any(map(is_hidden, parts)):
                    continue
                elif info.is_dir():
                    folders.append(parts)
                else:
                    files.append(parts)
                    size = (info.compress_size, info.file_size, info.compress_type, info.CRC)
                    spans.append((info.header_offset, *size))
    except (BadZipFile, EOFError, OSError, RuntimeError, ValueError, struct.error) as error:
        raise DataError("this is no zip that can be read", where=archive.path, got=error) from None
    return files, folders, spans, stray


def _in_tar(archive: MappedFile) -> Found:
    import tarfile

    files: list[Parts] = []
    folders: list[Parts] = []
    spans = []
    stray = []
    try:
        with tarfile.open(fileobj=archive.bytes, mode="r:") as opened:
            while (info := opened.next()) is not None:
                opened.members.clear()  # type: ignore[attr-defined] # it would keep them all
                parts = _parts(info.name)
                if parts is None:
                    stray.append(info.name)
                elif not parts or any(map(is_hidden, parts)):
                    continue
                elif info.isdir():
                    folders.append(parts)
                elif info.isreg() and not info.issparse():
                    files.append(parts)
                    spans.append((info.offset_data, info.size, info.size, STORED, -1))
    except (tarfile.TarError, ValueError, OSError, EOFError) as error:
        raise DataError("this is no tar that can be read", where=archive.path, got=error) from None
    return files, folders, spans, stray


def _parts(name: str) -> Parts | None:
    """The parts of a file's path in an archive; None for one that leads out of it."""
    path = name.replace("\\", "/")
    parts = tuple(part for part in path.split("/") if part not in {"", "."})
    outside = path.startswith("/") or ".." in parts or (parts and parts[0].endswith(":"))
    return None if outside or "\0" in path else parts
