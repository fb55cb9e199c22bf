"""The single data file of a folder that is no data set otherwise: `digits/digits.csv`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path

from spritenet.sources.class_folders import is_hidden, is_picture

__all__ = ["single_file"]

LOOKED_AT = 2_000  # files of a folder


def single_file(folder: Path, recognises: Callable[[Path], bool]) -> Path | None:
    """The one file of a folder that is a data set.

    Args:
        folder: the folder; of folders within it, all that counts is whether they hold images.
        recognises: whether a file is a data set by itself.

    Returns:
        Its path; None if there are none or several, or images beside it, or folders of classes.
    """
    inside = [path for path in sorted(folder.iterdir()) if not is_hidden(path.name)]
    found = [path for path in inside if path.is_file() and recognises(path)]
    if len(found) != 1:
        return None
    pictures = any(is_picture(path.name) for path in inside if path not in found)
    folders = [path for path in inside if path.is_dir()]
    if is_picture(found[0].name):
        return None if pictures or folders else found[0]
    return None if pictures or _has_classes(folders) else found[0]


def _has_classes(folders: Iterable[Path]) -> bool:
    """Whether folders are classes, or hold them; a single one with images may be figures."""
    flat = 0
    for folder in folders:
        if _images_in(folder.glob("*/*")):
            return True
        flat += _images_in(folder.iterdir())
    return flat > 1


def _images_in(files: Iterable[Path]) -> bool:
    return any(is_picture(path.name) for path in itertools.islice(files, LOOKED_AT))
