"""Sprites as a data set: one file, or a folder of them with its `dataset.json`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spritenet.dataset import Dataset
from spritenet.errors import InputError
from spritenet.sources.foreign import is_png
from spritenet.sprites import INDEX, Sprite, SpriteFolder
from spritenet.sprites.chunks import FileBlob
from spritenet.sprites.head import holds_sprite

__all__ = ["is_sprite", "read_sprite"]


def is_sprite(path: Path) -> bool:
    """Whether this is a sprite, a folder of sprites, or its `dataset.json`."""
    if path.is_dir():
        return (path / INDEX).is_file()
    if path.name == INDEX:
        return True
    if not is_png(path):
        return False
    blob = FileBlob(path)
    try:
        return holds_sprite(blob)
    finally:
        blob.close()


def read_sprite(path: Path, class_names: Sequence[str] | None = None) -> Dataset:
    """Reads a sprite or a folder of sprites, on all cores.

    Args:
        path: the file, the folder, or its `dataset.json`.
        class_names: refused; sprites hold them.

    Raises:
        DataError: damaged: which file, segment and rows.
        InputError: class names were given.
    """
    if class_names is not None:
        raise InputError("a sprite has class names of its own", where="class_names")
    if path.is_dir() or path.name == INDEX:
        with SpriteFolder(path) as folder:
            return folder.dataset()
    with Sprite(path) as sprite:
        return sprite.dataset()
