"""Verification of sprites on other machines: `sprites.verify` over streams."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

from spritenet.errors import DataError, DownloadError, InputError
from spritenet.sprites.folder import INDEX
from spritenet.sprites.sprite import Sprite
from spritenet.sprites.verify import Progress, check, check_content
from spritenet.streams.blobs import RangeBlob
from spritenet.streams.shard import Shard
from spritenet.streams.stream import Stream

__all__ = ["verify"]

BLOCK = 1 << 20


def verify(stream: Stream, progress: Progress | None = None) -> list[InputError]:
    """Checks all sprites of a stream byte by byte, as `spritenet verify` does with files.

    Args:
        stream: opened with `cache=0`, else what was fetched before is what is checked.
        progress: called with the number of images checked since the last call, from any thread.

    Returns:
        What is wrong, in the order of the sprites; nothing if all is right.
    """
    wrong: list[InputError] = []
    for shard in stream.shards:
        try:
            shard.open()
            wrong += _sha256(shard)
            wrong += check(_sprite(shard), stream.settings.workers, progress)
        except (DataError, DownloadError) as error:
            wrong.append(error)
    for group in stream.groups if not wrong else ():
        if group.shards[0].expected is None:
            continue  # of a sprite that is there alone it has been checked
        sprites: list[Callable[[], Sprite]] = [partial(_sprite, each) for each in group.shards]
        where = f"{stream.name}, {INDEX}"
        workers = stream.settings.workers
        wrong += check_content(group.metadata, sprites, where=where, workers=workers)
    return wrong


def _sprite(shard: Shard) -> Sprite:
    return Sprite(shard.name, shard.blob())


def _sha256(shard: Shard) -> list[InputError]:
    """Checks the hash of the whole file against `dataset.json`."""
    if shard.expected is None:
        return []
    blob: RangeBlob = shard.blob()
    digest = hashlib.sha256()
    for first in range(0, blob.size, BLOCK):
        digest.update(blob.read(first, BLOCK))
    if digest.hexdigest() == shard.expected.digest.sha256:
        return []
    return [DataError(f"the file doesn't match {INDEX}", where=shard.name)]
