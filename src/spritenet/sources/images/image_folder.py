"""A folder of images as a data set: `cat/1.png`, or `train/cat/1.png` and `test/cat/2.png`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.errors import DataError
from spritenet.sources.file_names import is_hidden, is_image_file, unsupported_format
from spritenet.sources.images.class_folders import Parts
from spritenet.sources.images.image_decoder import MOST_BYTES, lazy_labelled_images
from spritenet.sources.images.image_spec import ImageSpec
from spritenet.sources.images.label_table import label_table
from spritenet.sources.images.labelled_files import LabelRule, label_files

__all__ = ["is_image_folder", "is_labelled_folder", "survey_image_folder"]

TABLES = (".csv", ".tsv")

DEEPEST = 16  # folders in folders; beyond it, links lead round in circles
START = 1 << 16  # bytes read at first: most small images are shorter
OPEN = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
"""Not waiting: a link may lead to a pipe that nobody writes to."""

LOOKED_AT = 2000
"""Files that are looked at to recognise a folder."""


@dataclass(frozen=True, slots=True, eq=False)
class FolderStore:
    """Files below a folder.

    Args:
        folder: its path.
        paths: from there, one a file.
    """

    folder: str
    paths: tuple[Parts, ...]

    def __len__(self) -> int:
        return len(self.paths)

    def name(self, place: int) -> str:
        """Its path."""
        return os.sep.join((self.folder, *self.paths[place]))  # noqa: PTH118 - a tenth of the time

    def read(self, place: int) -> bytes:
        """Reads a file."""
        try:
            return _content(self.name(place))
        except OSError as error:
            raise DataError(
                "can't be read", where=self.name(place), got=error.strerror or error
            ) from None


def _content(path: str) -> bytes:
    """A file's bytes; half the time of `Path.read_bytes`, which asks for its size first."""
    file = os.open(path, OPEN)
    try:
        data = os.read(file, START)
        if len(data) < START:
            return data
        if os.fstat(file).st_size > MOST_BYTES:
            raise DataError(
                "the file is too long for an image",
                where=path,
                expected=f"at most {MOST_BYTES:,} bytes",
            )
        pieces = [data]
        held = len(data)
        while held <= MOST_BYTES and (data := os.read(file, 1 << 20)):
            pieces.append(data)
            held += len(data)
        return b"".join(pieces)
    finally:
        os.close(file)


def is_image_folder(path: Path) -> bool:
    """True if images are somewhere in a folder, or files that would be if they could be read."""
    if not path.is_dir():
        return False
    seen = 0
    for parts, is_folder in _walk(path):
        if not is_folder and (is_image_file(parts[-1]) or unsupported_format(parts[-1])):
            return True
        seen += not is_folder
        if seen > LOOKED_AT:
            return False
    return False


def is_labelled_folder(path: Path) -> bool:
    """True if a folder has images and, beside them, a table that names them."""
    if not path.is_dir() or not any(found.suffix.lower() in TABLES for found in path.iterdir()):
        return False
    files = [parts for parts, is_folder in _walk(path) if not is_folder]
    if not any(is_image_file(parts[-1]) for parts in files):
        return False
    try:
        return label_table(files, FolderStore(str(path), tuple(files)).read) is not None
    except DataError:
        return True  # `survey_image_folder` says what is wrong with it


def survey_image_folder(path: Path, form: ImageSpec, by: LabelRule | None = None) -> LazyDataset:
    """Finds the images, classes and splits of a folder; no more than 100 images are read.

    Args:
        path: the folder.
        form: what images are to become.
        by: how classes are found; by default by a table, by folders or by names, as there are.

    Raises:
        DataError: there are none, their classes are not clear, or none can be read.
    """
    files: list[Parts] = []
    folders: list[Parts] = []
    for parts, is_folder in _walk(path):
        (folders if is_folder else files).append(parts)
    read = FolderStore(str(path), tuple(files)).read
    tree, notes = label_files(files, folders, read, path, by or LabelRule())
    chosen = tuple(files[number] for number in tree.chosen.tolist())
    return lazy_labelled_images(path, FolderStore(str(path), chosen), tree, form, notes)


def _walk(folder: Path) -> Iterator[tuple[Parts, bool]]:
    """All that is below a folder and not hidden: the parts of its path, and whether it is a folder.

    A link that leads back up is not followed. A link that leads nowhere counts as a file, so that
    reading it says so.
    """
    status = folder.stat()
    waiting: list[tuple[Parts, tuple[tuple[int, int], ...]]] = [
        ((), ((status.st_dev, status.st_ino),))
    ]
    while waiting:
        parts, above = waiting.pop()
        with os.scandir(folder.joinpath(*parts)) as entries:
            for entry in entries:
                if is_hidden(entry.name):
                    continue
                path = (*parts, entry.name)
                if not entry.is_dir():
                    if entry.is_file() or entry.is_symlink():
                        yield path, False
                    continue
                status = os.stat(entry.path)  # noqa: PTH116 - of the folder that a link leads to
                here = (status.st_dev, status.st_ino)
                if len(path) > DEEPEST or (here in above and here[1]):
                    continue
                yield path, True
                waiting.append((path, (*above, here)))
