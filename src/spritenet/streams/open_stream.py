"""The function `open`: a stream of the sprites at paths and addresses."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from spritenet.address import is_address
from spritenet.core.pool import threads
from spritenet.errors import DataError, DownloadError, InputError
from spritenet.lfs_pointer import BEGINNING, refuse_pointer
from spritenet.sprites.chunks import SIGNATURE
from spritenet.sprites.folder import INDEX, MAX_BYTES, read_index
from spritenet.sprites.header import has_png_header, holds_sprite
from spritenet.sprites.metadata import clip_ranges
from spritenet.streams.blobs import LocalBlob, OpenFiles, RangeBlob
from spritenet.streams.sample_order import Kind
from spritenet.streams.settings import StreamSettings, parse_bytes
from spritenet.streams.shard import ExpectedShard, Shard
from spritenet.streams.stream import ShardGroup, Stream
from spritenet.thread_pool import parallel_for

if TYPE_CHECKING:
    from spritenet.streams.remote_blob import RemoteFiles

__all__ = ["NO_SPRITE", "open_stream"]

Where = str | os.PathLike[str]

MOST_OPEN = 128
"""Files of this machine that are open at a time; systems allow 256 and more."""

NO_SPRITE = "not a sprite"
"""The first words of the error for any other file."""

FAR_WORKERS = 16
"""Threads that fetch: most of the time they wait."""

LEAST_MEMORY = 1 << 16


def open_stream(
    where: Where | Sequence[Where],
    *,
    memory: int | str = "256MiB",
    order: Kind | None = None,
    chunk: int | None = None,
    window: int | None = None,
    workers: int | None = None,
    cache: int | str = "4GiB",
    cache_folder: Where | None = None,
    timeout: float = 20.0,
) -> Stream:
    """Opens sprites to be read while they are used, however large they are.

        data = sn.open("digits")                                   # a folder with dataset.json
        data = sn.open("https://example.org/digits/dataset.json")
        data = sn.open(["a.png", "s3://bucket/b.png"])             # together one data set

    Args:
        where: a sprite, a folder of sprites or its `dataset.json`, as a path or an address
            (`http://`, `https://`; `s3://`, `gs://` and others with the extra `fsspec`); or
            several, whose splits of one name are joined.
        memory: the memory limit for inflated images: "256MiB", "2GB", or a number of bytes. Half of
            it is for prefetched images, half for a cache of segments.
        order: of shuffled batches. "shuffled": one permutation of all images, as in training from
            memory. "windowed": chunks of neighbours in another order, some at a time mixed. By
            default "shuffled" if all images fit into the cache, else "windowed".
        chunk: images of a chunk; by default a segment, or about 1 MiB of a file that is far away.
        window: chunks that are mixed at a time; by default as many as fit into memory.
        workers: threads that read; by default all cores, or 16 for what is far away.
        cache: bytes that fetched files may take on this machine's disk; 0 keeps nothing.
        cache_folder: where; by default `streams` in the folder for downloads.
        timeout: seconds without a byte after which a server is given up and asked again.

    Returns:
        The stream: `.train`, `.test` and other splits, which do what `Split` does.

    Raises:
        DataError: no sprite is there, or it is damaged or contradicts itself.
        DownloadError: a server doesn't have it, or doesn't answer.
        MissingExtraError: an address needs a library that is not installed.
        InputError: an option is out of range.
    """
    wheres = [where] if isinstance(where, (str, os.PathLike)) else list(where)
    if not wheres:
        raise InputError("nothing to open", where="open", expected="a path or an address")
    far = any(is_address(one) for one in wheres)
    settings = StreamSettings(
        parse_bytes(memory, "memory", LEAST_MEMORY),
        workers or (FAR_WORKERS if far else threads()),
        far,
        order,
        chunk,
        window,
    )
    opener = _Opener(settings.workers)
    if far:
        from spritenet.streams.remote_blob import RemoteFiles

        opener.remote = RemoteFiles(parse_bytes(cache, "cache"), cache_folder, timeout)
    try:
        groups = opener.open_all(wheres)
        names = [group.metadata.name for group in groups]
        name = names[0] or Path(urlsplit(os.fspath(wheres[0])).path).stem
        again = partial(
            open_stream,
            [os.fspath(one) for one in wheres],
            memory=memory,
            order=order,
            chunk=chunk,
            window=window,
            workers=workers,
            cache=cache,
            cache_folder=None if cache_folder is None else os.fspath(cache_folder),
            timeout=timeout,
        )
        return Stream(name, groups, settings, opener.close, again)
    except BaseException:
        opener.close()
        raise


class _Opener:
    """The open files and connections of a stream."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.remote: RemoteFiles | None = None
        self._files = OpenFiles(MOST_OPEN)
        self._count = 0

    def close(self) -> None:
        """Closes files and connections."""
        self._files.close()
        if self.remote is not None:
            self.remote.close()

    def open_all(self, wheres: Sequence[Where]) -> list[ShardGroup]:
        """Opens what is at each place, in this order."""
        found: list[ShardGroup | None] = [None] * len(wheres)

        def work(number: int) -> None:
            found[number] = self._open(os.fspath(wheres[number]))

        parallel_for(work, len(wheres), self.workers)
        groups = [group for group in found if group is not None]
        for number, shard in enumerate(shard for group in groups for shard in group.shards):
            shard.number = number
        return groups

    def _open(self, where: str) -> ShardGroup:
        file = _file(where)
        try:
            blob = self._blob(file)
        except DownloadError:
            if file == where or where.endswith("/"):
                raise
            blob = self._blob(where)  # a file whose name has no dot is no folder after all
            file = where
        where = file
        begin = blob.read(0, len(SIGNATURE))
        if begin == SIGNATURE:
            shard = Shard(0, blob.name, partial(self._blob, where), None)
            try:
                metadata = shard.metadata
            except DataError:
                if holds_sprite(blob) or not has_png_header(blob):
                    raise
                raise _no_sprite(blob.name, "another PNG") from None
            return ShardGroup(metadata, [shard], [metadata.tiling.count])
        refuse_pointer(blob.read(0, len(BEGINNING)), blob.name)
        if begin[:1] != b"{":
            got = repr(begin.decode("latin-1")) if begin else "an empty file"
            raise _no_sprite(blob.name, got)
        return self._folder(where, blob)

    def _folder(self, where: str, blob: RangeBlob) -> ShardGroup:
        """Returns the sprites that a `dataset.json` names."""
        if blob.size > MAX_BYTES:
            raise DataError("is too long", where=blob.name, expected=f"at most {MAX_BYTES:,} bytes")
        try:
            metadata, entries = read_index(blob.read(0, blob.size), blob.name)
        except DataError:
            if not blob.invalidate(0, blob.size):
                raise
            metadata, entries = read_index(blob.read(0, blob.size), blob.name)
        tiling = metadata.tiling
        shards, place = [], 0
        for entry in entries:
            expected = ExpectedShard(
                entry.count,
                entry.digest,
                clip_ranges(metadata.splits, place, place + entry.count),
                (tiling.height, tiling.width, tiling.channels),
                metadata.class_names,
                metadata.multi_label,
            )
            place += entry.count
            file = _sibling(where, entry.file)
            shards.append(Shard(0, file, partial(self._blob, file), expected))
        return ShardGroup(metadata, shards, [entry.count for entry in entries])

    def _blob(self, where: str) -> RangeBlob:
        """Opens a file, or returns the one that is open."""
        if not is_address(where):
            return self._files.get(where, lambda: LocalBlob(Path(where)))
        assert self.remote is not None  # noqa: S101 - made for the first address
        return self.remote.blob(where)


def _no_sprite(where: str, got: str) -> DataError:
    return DataError(
        NO_SPRITE,
        where=where,
        expected=f"a sprite (PNG), or {INDEX} of a folder of them",
        got=got,
        do="`spritenet pack` makes sprites of other data sets.",
    )


def _file(where: str) -> str:
    """Returns the file at a place: for a folder its `dataset.json`.

    Raises:
        DataError: nothing is there.
    """
    if is_address(where):
        try:
            address = urlsplit(where)
            _ = address.port  # is looked at only when it is asked for
        except ValueError as error:
            bare = where.rpartition("@")[2]  # without a password
            raise DataError("invalid address", where=bare, got=error) from None
        if address.scheme in {"http", "https"} and "." not in address.path.rpartition("/")[2]:
            path = address.path.rstrip("/") + "/" + INDEX
            return address._replace(path=path, fragment="").geturl()
        if "." not in where.rpartition("/")[2]:
            return where.rstrip("/") + "/" + INDEX
        return where
    place = Path(where).expanduser()
    try:
        if place.is_dir():
            place /= INDEX
        if place.is_file():
            return str(place)
    except (OSError, ValueError) as error:
        raise DataError("invalid path", where=repr(where), got=error) from None
    raise DataError(
        "missing sprite or folder of sprites",
        where=place,
        do="Make one with `spritenet pack`.",
    )


def _sibling(where: str, name: str) -> str:
    """Returns the path or address of a file in the same folder as another."""
    if not is_address(where):
        return str(Path(where).with_name(name))
    scheme = urlsplit(where).scheme
    if scheme in {"http", "https"}:
        return urljoin(where, quote(name))
    return where.rpartition("/")[0] + "/" + name
