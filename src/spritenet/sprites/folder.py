"""Folders of sprites, and `dataset.json`, which has the hash of each.

`dataset.json` holds what a sprite's own metadata hold, of all of them together, and `shards`: for
each its file's name, images, bytes and SHA-256, and the bytes and SHA-256 of its head. A head holds
the hashes of its segments, so a reader that trusts `dataset.json` only hashes what it reads.
"""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from spritenet.atomic import new_file
from spritenet.dataset import Dataset
from spritenet.dataset.multi_label import Labels, class_counts
from spritenet.errors import DataError, InputError
from spritenet.lfs_pointer import refuse_pointer
from spritenet.sprites.metadata import (
    JsonFields,
    Metadata,
    Ranges,
    clip_ranges,
    encode_json,
    parse_json,
)
from spritenet.sprites.sprite import Sprite, split_dataset
from spritenet.sprites.writer import FileDigest

__all__ = ["INDEX", "MAX_BYTES", "OURS", "ShardEntry", "SpriteFolder", "read_index", "write_index"]

INDEX = "dataset.json"
FORMAT = "spritenet sprites"
MAX_BYTES = 64 << 20  # 200,000 shards: 13 billion images of 28×28
OURS = r"dataset\.json|.*-\d{5}(\.png|_labels_uint8)"
"""The files of a folder of sprites, which a new one may replace."""


@dataclass(frozen=True, slots=True)
class ShardEntry:
    """The entry of a sprite in `dataset.json`.

    Args:
        file: its name in the folder.
        count: the number of images.
        written: the sizes and hashes.
    """

    file: str
    count: int
    digest: FileDigest

    def to_json(self) -> dict[str, object]:
        """Returns the JSON object."""
        return {
            "file": self.file,
            "count": self.count,
            "bytes": self.digest.size,
            "sha256": self.digest.sha256,
            "head_bytes": self.digest.header_size,
            "head_sha256": self.digest.header_sha256,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any], where: str) -> ShardEntry:
        """Reads the JSON object, or DataError."""
        fields = JsonFields(values, where)
        file = fields.text("file")
        if not file or file != Path(file).name or "\\" in file or file in {".", ".."}:
            raise fields.wrong("file", "the name of a file in this folder")
        most = 2**62
        return cls(
            file,
            fields.number("count", 1, most),
            FileDigest(
                fields.number("bytes", 1, most),
                fields.hexadecimal("sha256"),
                fields.number("head_bytes", 1, most),
                fields.hexadecimal("head_sha256"),
            ),
        )


def write_index(path: Path, metadata: Metadata, shards: Sequence[ShardEntry]) -> None:
    """Writes `dataset.json`."""
    values = {
        "format": FORMAT,
        **metadata.to_json(),
        "shards": [shard.to_json() for shard in shards],
    }
    with new_file(path) as file:
        file.write(encode_json(values) + b"\n")


def read_index(text: bytes, where: str) -> tuple[Metadata, tuple[ShardEntry, ...]]:
    """Reads the content of `dataset.json`.

    Raises:
        DataError: it is too long, no JSON, or contradicts itself.
    """
    if len(text) > MAX_BYTES:
        raise DataError("is too long", where=where, expected=f"at most {MAX_BYTES:,} bytes")
    refuse_pointer(text, where)
    values = parse_json(text, where)
    if values.get("format") != FORMAT:
        raise JsonFields(values, where).wrong("format", f'"{FORMAT}"')
    metadata = Metadata.from_json(values, where)
    return metadata, _shards(values, metadata.tiling.count, where)


class SpriteFolder:
    """A folder of sprites, open. Each is opened, and its head checked, when it is first needed.

    Args:
        path: of the folder, or of its `dataset.json`.

    Raises:
        DataError: `dataset.json` is damaged or contradicts itself.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        given = Path(path)
        self.path = given if given.is_dir() else given.parent
        index = given / INDEX if given.is_dir() else given
        where = str(index)
        try:
            with index.open("rb") as file:
                text = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            raise DataError(
                "no sprites in this folder",
                where=self.path,
                expected=f"{INDEX}, which names them",
                do="Name a sprite (a PNG), or a folder that `spritenet pack` wrote.",
            ) from None
        except OSError as error:
            raise DataError("can't be read", where=where, got=error.strerror or error) from None
        self.metadata, self.shards = read_index(text, where)
        self._firsts = [0]
        for shard in self.shards:
            self._firsts.append(self._firsts[-1] + shard.count)
        self._open: dict[int, Sprite] = {}

    def __len__(self) -> int:
        return self.metadata.tiling.count

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each image."""
        tiling = self.metadata.tiling
        return tiling.height, tiling.width, tiling.channels

    def sprite(self, number: int) -> Sprite:
        """One of the sprites, its head checked against `dataset.json`.

        Raises:
            DataError: missing, changed, or another one than is expected there.
        """
        if number not in self._open:
            self._open[number] = self._checked(number)
        return self._open[number]

    def _checked(self, number: int) -> Sprite:
        shard = self.shards[number]
        path = self.path / shard.file
        if not path.is_file():
            raise DataError("a sprite of the data set is missing", where=path)
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(min(shard.digest.header_size, size))
        sha256 = hashlib.sha256(head).hexdigest()
        if size != shard.digest.size or sha256 != shard.digest.header_sha256:
            raise DataError(
                f"the sprite doesn't match {INDEX}",
                where=path,
                expected=f"{shard.digest.size:,} bytes, SHA-256 of its head "
                f"{shard.digest.header_sha256[:16]}…",
                got=f"{size:,} bytes, {sha256[:16]}…",
                do="Copy the whole folder again, or pack it again.",
            )
        sprite = Sprite(path)
        same = (
            len(sprite) == shard.count
            and sprite.image_shape == self.image_shape
            and sprite.metadata.class_names == self.metadata.class_names
            and sprite.metadata.multi_label == self.metadata.multi_label
            and sprite.header.size == shard.digest.header_size
            and sprite.metadata.splits == self._splits_of(number)
        )
        if not same:
            sprite.close()
            raise DataError(f"the sprite does not fit {INDEX}", where=path, do="Pack it again.")
        return sprite

    def _splits_of(self, number: int) -> Ranges:
        """The parts of the splits that are in a sprite, counted from its beginning."""
        first, stop = self._firsts[number : number + 2]
        return clip_ranges(self.metadata.splits, first, stop)

    def image(self, place: int) -> NDArray[np.uint8]:
        """One image, uint8 h w c; no other segment than its own is read.

        Raises:
            InputError: there is no image of this number.
            DataError: its sprite or its segment is damaged.
        """
        if not 0 <= place < len(self):
            expected = f"0 to {len(self) - 1}"
            raise InputError(
                "image index out of range", where=self.path, expected=expected, got=place
            )
        number = bisect_right(self._firsts, place) - 1
        return self.sprite(number).image(place - self._firsts[number])

    def read(self, *, workers: int | None = None) -> tuple[NDArray[np.uint8], Labels]:
        """All images (uint8 n h w c) and labels (int32 n, or uint8 rows n k).

        Raises:
            DataError: a sprite is missing, changed or damaged; the message names it and the rows.
        """
        sprites = [self.sprite(number) for number in range(len(self.shards))]
        labels = np.concatenate([sprite.labels for sprite in sprites])
        counts = class_counts(labels, len(self.metadata.class_names))
        if tuple(counts.tolist()) != self.metadata.class_counts:
            raise DataError("the labels don't match their counts", where=self.path / INDEX)
        images = np.empty((len(self), *self.image_shape), np.uint8)
        for sprite, first in zip(sprites, self._firsts, strict=False):
            sprite.read_into(images[first : first + len(sprite)], workers=workers)
        return images, labels

    def dataset(self, *, workers: int | None = None) -> Dataset:
        """All of it as a data set.

        Raises:
            DataError: a sprite is missing, changed or damaged; the message names it and the rows.
        """
        images, labels = self.read(workers=workers)
        return split_dataset(self.metadata, images, labels, self.path)

    def close(self) -> None:
        """Closes all files."""
        for sprite in self._open.values():
            sprite.close()
        self._open.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _shards(values: dict[str, Any], count: int, where: str) -> tuple[ShardEntry, ...]:
    given = values.get("shards")
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise DataError("its shards are no list of objects", where=where)
    shards = tuple(ShardEntry.from_json(one, where) for one in given)
    if len({shard.file for shard in shards}) != len(shards):
        raise DataError("a shard is named twice", where=where)
    held = sum(shard.count for shard in shards)
    if held != count:
        raise DataError(
            "the shards have a different number of images",
            where=where,
            expected=f"{count:,}",
            got=f"{held:,}",
        )
    return shards
