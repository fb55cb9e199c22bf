"""Sprites to stream: small, of several files, with segments of a few images."""

from __future__ import annotations

from pathlib import Path

import tiny
from spritenet import Dataset
from spritenet.sprites import pack

__all__ = ["dataset", "folder"]


def dataset(train: int = 203, test: int = 40) -> Dataset:
    """A learnable task of 8×8 images."""
    first, second = tiny.images(train), tiny.images(test, seed=1, name="test")
    return Dataset("quarters", {"train": first, "test": second}, first.class_names)


def folder(place: Path, data: Dataset, *, shard_rows: int = 70, segment_rows: int = 9) -> Path:
    """The data set as sprites of 70 images, in segments of 9: the last of each is short."""
    return pack(data, place / "quarters", shard_rows=shard_rows, segment_rows=segment_rows)
