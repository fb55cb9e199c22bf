"""Verification: all errors in a sprite or a folder of them, not only the first."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from spritenet.core.pool import threads
from spritenet.dataset.multi_label import class_counts, content_bytes, content_head
from spritenet.errors import DataError
from spritenet.sprites.folder import INDEX, SpriteFolder
from spritenet.sprites.index import ZLIB_HEADER
from spritenet.sprites.metadata import Metadata
from spritenet.sprites.segments import CLOSED, read_segment, segment_label
from spritenet.sprites.sprite import Sprite
from spritenet.thread_pool import parallel_for

__all__ = ["check", "check_content", "count", "verify"]

Progress = Callable[[int], object]
BLOCK = 1 << 20


def count(path: str | os.PathLike[str]) -> int:
    """Returns the number of images that a sprite or folder declares; 0 if it can't be read."""
    place = Path(path)
    try:
        if place.is_dir() or place.name == INDEX:
            with SpriteFolder(place) as folder:
                return len(folder)
        with Sprite(place) as sprite:
            return len(sprite)
    except DataError:
        return 0


def verify(
    path: str | os.PathLike[str],
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[DataError]:
    """Checks a sprite, or a folder of sprites, byte by byte.

    Each segment: its chunk, its hash, that it inflates to exactly its rows, and their filters. Then
    that zlib, reading the whole stream from its beginning as other programs do, sees the same
    bytes; that labels and pixels have the content hash of the metadata; and, in a folder, each
    file's SHA-256.

    Args:
        path: a sprite, a folder of sprites, or its `dataset.json`.
        workers: threads; by default all cores.
        progress: called with the number of images checked since the last call, from any thread.

    Returns:
        What is wrong, in the order of the rows; nothing if all is right.
    """
    place = Path(path)
    threads_wanted = threads() if workers is None else workers
    try:
        if not place.is_dir() and place.name != INDEX:
            return _file(place, threads_wanted, progress)
        with SpriteFolder(place) as folder:
            return _folder(folder, threads_wanted, progress)
    except DataError as error:
        return [error]


def _folder(folder: SpriteFolder, workers: int, progress: Progress | None) -> list[DataError]:
    wrong: list[DataError] = []
    for number, shard in enumerate(folder.shards):
        path = folder.path / shard.file
        try:
            folder.sprite(number)
            if _sha256(path) != shard.digest.sha256:
                wrong.append(DataError(f"the file doesn't match {INDEX}", where=path))
        except DataError as error:
            wrong.append(error)
        if path.is_file():
            wrong += _file(path, workers, progress)
    if not wrong:
        sprites = [partial(folder.sprite, number) for number in range(len(folder.shards))]
        where = str(folder.path / INDEX)
        wrong += check_content(folder.metadata, sprites, where=where, workers=workers)
    return wrong


def check_content(
    metadata: Metadata, sprites: Sequence[Callable[[], Sprite]], *, where: str, workers: int
) -> list[DataError]:
    """Checks labels and content hash of several sprites, one in memory at a time.

    Args:
        metadata: of all of them together.
        sprites: functions that open each sprite, in order.
        where: the file with the metadata, for errors.
        workers: threads.

    Raises:
        DataError: a segment is damaged.
    """
    tiling = metadata.tiling
    sides, columns = (tiling.height, tiling.width, tiling.channels), metadata.label_columns
    digests = [
        hashlib.sha256(content_head((stop - first, *sides), columns))
        for _, first, stop in metadata.splits
    ]
    labels: list[list[bytes]] = [[] for _ in digests]
    counts = np.zeros(len(metadata.class_counts), np.int64)
    place = 0
    for opened in sprites:
        sprite = opened()
        images = sprite.images(workers=workers)
        for number, (_, first, stop) in enumerate(metadata.splits):
            part = slice(max(0, first - place), max(0, stop - place))
            digests[number].update(images[part].data)
            labels[number].append(content_bytes(sprite.labels[part]).tobytes())
        place += len(sprite)
        counts += class_counts(sprite.labels, len(counts))
    if tuple(counts.tolist()) != metadata.class_counts:
        return [DataError("the labels don't match their counts", where=where)]
    for digest, parts in zip(digests, labels, strict=True):
        digest.update(b"".join(parts))
    names = [name for name, _, _ in metadata.splits]
    lines = [f"{n} {d.hexdigest()}\n" for n, d in zip(names, digests, strict=True)]
    if hashlib.sha256("".join(sorted(lines)).encode()).hexdigest() == metadata.content_hash:
        return []
    return [DataError("content hash mismatch", where=where)]


def _file(path: Path, workers: int, progress: Progress | None) -> list[DataError]:
    try:
        with Sprite(path) as sprite:
            return check(sprite, workers, progress)
    except DataError as error:
        return [error]


def check(sprite: Sprite, workers: int, progress: Progress | None) -> list[DataError]:
    """Returns all errors in the pixels of a sprite whose header is right.

    Args:
        sprite: open.
        workers: threads.
        progress: called with the number of images checked since the last call, from any thread.
    """
    found: dict[int, DataError] = {}
    tiling = sprite.header.tiling

    def check(number: int) -> None:
        segment = sprite.header.segments[number]
        first, stop = tiling.images_of(segment.first_row, segment.stop_row)
        try:
            sprite.images(first, stop, workers=1)
        except DataError as error:
            found[number] = error
        if progress is not None:
            progress(stop - first)

    parallel_for(check, len(sprite.header.segments), workers)
    wrong = [found[number] for number in sorted(found)]
    if wrong:
        return wrong
    try:
        _serial(sprite)
        if sprite.dataset(workers=workers).content_hash != sprite.metadata.content_hash:
            wrong.append(
                DataError("content hash mismatch", where=sprite.blob.name, do="Pack it again.")
            )
    except DataError as error:
        wrong.append(error)
    return wrong


def _serial(sprite: Sprite) -> None:
    """Inflates the stream from its beginning, with zlib, and compares.

    Raises:
        DataError: the first segment that is not the same to a reader of the whole stream.
    """
    inflater = zlib.decompressobj()
    inflater.decompress(ZLIB_HEADER)
    for number, segment in enumerate(sprite.header.segments):
        alone = sprite.inflated(number)
        where = segment_label(sprite.blob, number, segment)
        try:
            closed = read_segment(sprite.blob, number, segment)
            seen = inflater.decompress(closed[: -len(CLOSED)], len(alone) + 1)
        except zlib.error as error:
            raise DataError("other programs can't read it", where=where, got=error) from None
        if seen != alone or inflater.eof or inflater.unconsumed_tail:
            raise DataError("other programs see other pixels", where=where)
    try:
        rest = inflater.decompress(CLOSED + sprite.header.adler32.to_bytes(4, "big"))
    except zlib.error as error:
        raise DataError("other programs can't read it", where=sprite.blob.name, got=error) from None
    if rest or not inflater.eof:
        raise DataError("the compressed data do not end where they should", where=sprite.blob.name)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
