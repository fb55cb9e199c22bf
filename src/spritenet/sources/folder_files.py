"""Files of a folder: the only one that is a data set, and those that were not read."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path

from spritenet.sources.file_names import is_hidden, is_image_file

__all__ = ["MAX_NAMED", "single_file", "unused_notes"]

MAX_SCANNED = 2_000  # files of a folder
MAX_NAMED = 20
DOCUMENTS = ("readme", "license", "licence", "copying", "citation", "changelog")
"""Beginnings of the names of files that are not data."""


def single_file(folder: Path, recognises: Callable[[Path], bool]) -> Path | None:
    """Returns the only file of a folder that is a data set, such as `digits/digits.csv`.

    Args:
        folder: the folder.
        recognises: returns true if a file is a data set by itself.

    Returns:
        Its path; None if there are none or several, or if there are other images or folders of
        classes.
    """
    inside = [path for path in sorted(folder.iterdir()) if not is_hidden(path.name)]
    found = [path for path in inside if path.is_file() and recognises(path)]
    if len(found) != 1:
        return None
    has_images = any(is_image_file(path.name) for path in inside if path not in found)
    folders = [path for path in inside if path.is_dir()]
    if is_image_file(found[0].name):
        return None if has_images or folders else found[0]
    return None if has_images or _are_classes(folders) else found[0]


def _are_classes(folders: Iterable[Path]) -> bool:
    """True if folders are classes or contain classes; one folder with images may be figures."""
    with_range_and_notes = 0
    for folder in folders:
        if _has_images(folder.glob("*/*")):
            return True
        with_range_and_notes += _has_images(folder.iterdir())
    return with_range_and_notes > 1


def _has_images(files: Iterable[Path]) -> bool:
    return any(is_image_file(path.name) for path in itertools.islice(files, MAX_SCANNED))


def unused_notes(folder: Path, used: Iterable[Path]) -> tuple[str, ...]:
    """Lists the files of a folder that were not read, except documents such as a README.

    Args:
        folder: the folder.
        used: the files that were read.

    Returns:
        One note, or none if all files were read.
    """
    read = {path.name for path in used if path.parent == folder}
    unread = sorted(
        path.name
        for path in folder.iterdir()
        if path.name not in read
        and not is_hidden(path.name)
        and not path.name.lower().startswith(DOCUMENTS)
        and path.is_file()
    )
    if not unread:
        return ()
    more = len(unread) - MAX_NAMED
    names = ", ".join(unread[:MAX_NAMED]) + (f" and {more:,} more" if more > 0 else "")
    return (f"not read in {folder}: {names}",)
