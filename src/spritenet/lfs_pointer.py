"""Git LFS pointers: the three lines that stand in a repository for a large file not yet fetched.

Such a pointer has the name of the file that it stands for, so every reader may meet one.

Specification: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

from __future__ import annotations

from pathlib import Path

from spritenet.errors import DataError, InputError

__all__ = ["BEGINNING", "LONGEST", "refuse_pointer", "refuse_pointer_at"]

BEGINNING = b"version https://git-lfs.github.com/spec/"
LONGEST = 1024
"""Bytes of a pointer, as its specification has it: less than that."""


def refuse_pointer(start: bytes, where: object, kind: type[InputError] = DataError) -> None:
    """Raises an error if a file's first bytes are those of a Git LFS pointer.

    Args:
        start: the first bytes of the file: at least `len(BEGINNING)` where it has so many.
        where: the file, for the error.
        kind: the error's class.

    Raises:
        InputError: of that class: the file is a pointer.
    """
    if start.startswith(BEGINNING):
        raise kind(
            "is a Git LFS pointer, not the file itself, which has not been fetched",
            where=where,
            do="Type in its repository, with Git LFS installed: git lfs pull",
        )


def refuse_pointer_at(path: Path, kind: type[InputError] = DataError) -> None:
    """Raises an error of a class if the file at a path is a Git LFS pointer; folders pass."""
    if path.is_file() and path.stat().st_size < LONGEST:
        with path.open("rb") as file:
            refuse_pointer(file.read(len(BEGINNING)), path, kind)
