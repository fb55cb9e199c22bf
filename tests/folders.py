"""Folders as values, to compare."""

from __future__ import annotations

from pathlib import Path


def content(folder: Path) -> dict[str, bytes]:
    """The bytes of each file of a folder, by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
