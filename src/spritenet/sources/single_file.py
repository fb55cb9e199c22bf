"""The single data file of a folder that is no data set otherwise: `digits/digits.csv`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from spritenet.sources.class_folders import is_hidden, is_picture

__all__ = ["single_file"]


def single_file(folder: Path, recognises: Callable[[Path], bool]) -> Path | None:
    """The one file of a folder that is a data set.

    Args:
        folder: the folder; what lies in folders within it is not looked at.
        recognises: whether a file is a data set by itself.

    Returns:
        Its path; None if there are none or several, or images beside it.
    """
    inside = [path for path in sorted(folder.iterdir()) if not is_hidden(path.name)]
    found = [path for path in inside if path.is_file() and recognises(path)]
    if len(found) != 1:
        return None
    pictures = any(is_picture(path.name) for path in inside if path not in found)
    folders = is_picture(found[0].name) and any(path.is_dir() for path in inside)
    return None if pictures or folders else found[0]
