"""Image folders: `cat/1.png`, or `train/cat/1.png` and `test/cat/2.png`."""

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
"""Non-blocking, as a link may lead to a pipe without a writer."""

MAX_SCANNED = 2000
"""Files scanned to recognise a folder."""


@dataclass(frozen=True, slots=True, eq=False)
class FolderStore:
    """A store of the files below a folder.

    Args:
        folder: the folder.
        paths: the files' paths below it.
    """

    folder: str
    paths: tuple[Parts, ...]

    def __len__(self) -> int:
        return len(self.paths)

    def name(self, place: int) -> str:
        """Returns the file's path."""
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
    """Reads a file, twice as fast as `Path.read_bytes`, which asks for its size first."""
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
    """True for a folder with images below it, of supported formats or not."""
    if not path.is_dir():
        return False
    seen = 0
    for parts, is_folder in _walk(path):
        if not is_folder and (is_image_file(parts[-1]) or unsupported_format(parts[-1])):
            return True
        seen += not is_folder
        if seen > MAX_SCANNED:
            return False
    return False


def is_labelled_folder(path: Path) -> bool:
    """True for a folder of images with a label table."""
    if not path.is_dir() or not any(found.suffix.lower() in TABLES for found in path.iterdir()):
        return False
    files = [parts for parts, is_folder in _walk(path) if not is_folder]
    if not any(is_image_file(parts[-1]) for parts in files):
        return False
    try:
        return label_table(files, FolderStore(str(path), tuple(files)).read) is not None
    except DataError:
        return True  # `survey_image_folder` says what is wrong with it


def survey_image_folder(path: Path, spec: ImageSpec, rule: LabelRule | None = None) -> LazyDataset:
    """Reads the paths and labels of the images in a folder, and decodes at most 100 images.

    Args:
        path: the folder.
        spec: the size and channels of the images.
        rule: the source of labels; by default a table, folders or names, whatever there is.

    Raises:
        DataError: there are no images, no labels, or no image can be read.
    """
    files: list[Parts] = []
    folders: list[Parts] = []
    for parts, is_folder in _walk(path):
        (folders if is_folder else files).append(parts)
    read = FolderStore(str(path), tuple(files)).read
    found, notes = label_files(files, folders, read, path, rule or LabelRule())
    chosen = tuple(files[number] for number in found.chosen.tolist())
    return lazy_labelled_images(path, FolderStore(str(path), chosen), found, spec, notes)


def _walk(folder: Path) -> Iterator[tuple[Parts, bool]]:
    """Yields the path of everything below a folder that is not hidden, and true for folders.

    Links that lead back up are not followed. Broken links count as files, so that reading them
    raises an error.
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
