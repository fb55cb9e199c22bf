"""Unused files: those of a folder that were not read, named so that none is dropped in silence."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from spritenet.sources.class_folders import is_hidden

__all__ = ["MOST_NAMED", "unused_notes"]

MOST_NAMED = 20
DOCUMENTS = ("readme", "license", "licence", "copying", "citation", "changelog")
"""Beginnings of names that nobody takes for data."""


def unused_notes(folder: Path, used: Iterable[Path]) -> tuple[str, ...]:
    """Names the files of a folder that were not read; a README and the like are not meant to be.

    Args:
        folder: the folder.
        used: the files that were.

    Returns:
        A line, or none if all were read.
    """
    taken = {path.name for path in used if path.parent == folder}
    left = sorted(
        path.name
        for path in folder.iterdir()
        if path.name not in taken
        and not is_hidden(path.name)
        and not path.name.lower().startswith(DOCUMENTS)
        and path.is_file()
    )
    if not left:
        return ()
    more = len(left) - MOST_NAMED
    named = ", ".join(left[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
    return (f"not read in {folder}: {named}",)
