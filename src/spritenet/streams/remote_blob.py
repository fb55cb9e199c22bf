"""Remote blobs: files on other machines, fetched in blocks that are kept in a cache on disk."""

from __future__ import annotations

import os
import secrets
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from spritenet.destination import local_only
from spritenet.sprites.chunks import Blob
from spritenet.streams.blobs import LocalBlob, SpanBlob
from spritenet.streams.disk_cache import BLOCK_BYTES, DiskCache
from spritenet.streams.range_reader import FullBody, RangeReader

if TYPE_CHECKING:
    from spritenet.http_client import HttpClient

__all__ = ["RemoteFiles"]


class RemoteBlob:
    """A remote file. Several threads may read from it at the same time.

    Args:
        reader: reads its ranges.
        cache: of fetched blocks.
    """

    def __init__(self, reader: RangeReader, cache: DiskCache) -> None:
        self.name = reader.name
        self._reader = reader
        self._cache = cache
        self._lock = threading.Lock()
        self._whole: LocalBlob | None = None
        self._refetched = False
        self.size = 0
        self._id = ""
        self._refresh()

    def _refresh(self) -> None:
        """Requests size and version again."""
        try:
            found = self._reader.read_info()
        except FullBody as whole:
            self._keep_whole(whole.file)
            return
        self._whole = None
        self.size = found.size
        # Without a version, cached bytes of an earlier fetch may belong to another file.
        version = found.version or secrets.token_hex(16)
        self._id = f"{self.name} {found.size} {version}"
        if len(found.begin) >= min(BLOCK_BYTES, found.size):
            self._cache.put(self._id, 0, found.begin[:BLOCK_BYTES])

    def _keep_whole(self, file: IO[bytes]) -> None:
        """Serves all reads from the whole file; it is deleted with this blob."""
        blob = LocalBlob(Path(file.name))
        blob.name = self.name
        self.size = blob.size
        self._whole = blob
        weakref.finalize(self, file.close)

    def read(self, offset: int, size: int) -> bytes:
        """Returns the bytes from `offset` on: `size` of them, or fewer if the file ends there.

        Raises:
            DataError: the file changed.
            DownloadError: the server doesn't answer.
        """
        stop = min(offset + size, self.size)
        if not 0 <= offset < stop:
            return b""
        whole = self._whole
        if whole is not None:
            return whole.read(offset, size)
        first, last = offset // BLOCK_BYTES, -(-stop // BLOCK_BYTES)
        try:
            data = b"".join(self._read_blocks(first, last))
        except FullBody as whole_file:
            with self._lock:
                if self._whole is None:
                    self._keep_whole(whole_file.file)
            return self.read(offset, size)
        return data[offset - first * BLOCK_BYTES : stop - first * BLOCK_BYTES]

    def read_into(self, offset: int, buffer: bytearray) -> int:
        """Fills the buffer with the bytes from `offset` on; returns how many there were.

        Raises:
            DataError: the file changed.
            DownloadError: the server doesn't answer.
        """
        data = self.read(offset, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def span(self, start: int, stop: int) -> Blob:
        """Fetches the bytes from `start` to `stop` in as few requests as can be."""
        whole = self._whole
        if whole is not None:
            return whole
        return SpanBlob(self.name, self.size, start, self.read(start, stop - start))

    def invalidate(self, start: int, stop: int) -> bool:
        """Drops these bytes from the cache; a file that came whole is fetched again, once.

        Raises:
            DataError: the file changed.
        """
        self._reader.check_unchanged()
        with self._lock:
            if self._whole is not None:
                if self._refetched:
                    return False
                self._refetched = True
                self._refresh()
                return True
        for number in range(start // BLOCK_BYTES, -(-min(stop, self.size) // BLOCK_BYTES)):
            self._cache.drop(self._id, number)
        return True

    def will_need(self, start: int, stop: int) -> None:
        """Does nothing: `workers` threads fetch as much as is good for a server."""

    def _read_blocks(self, first: int, last: int) -> Iterator[bytes]:
        """Yields blocks; neighbours that are not in the cache are fetched together."""
        kept = [self._cache.get(self._id, number) for number in range(first, last)]
        place = 0
        while place < len(kept):
            block = kept[place]
            if block is not None:
                yield block
                place += 1
                continue
            end = place
            while end < len(kept) and kept[end] is None:
                end += 1
            start = (first + place) * BLOCK_BYTES
            data = self._reader.read_range(start, min((first + end) * BLOCK_BYTES, self.size))
            for number in range(place, end):
                at = (number - place) * BLOCK_BYTES
                self._cache.put(self._id, first + number, data[at : at + BLOCK_BYTES])
            yield data
            place = end


class RemoteFiles:
    """The remote files of a stream, with their connections and cache.

    Args:
        cache: bytes that fetched blocks may take on disk.
        folder: the cache's folder; by default `streams` in the folder for downloads.
        timeout: seconds without a byte after which a server is given up.
    """

    def __init__(self, cache: int, folder: str | os.PathLike[str] | None, timeout: float) -> None:
        from spritenet.sources.remote.download import cache_folder

        place = cache_folder() / "streams" if folder is None else local_only(folder).expanduser()
        self._cache = DiskCache(place, cache)
        self._timeout = timeout
        self._web: HttpClient | None = None
        self._blobs: dict[str, RemoteBlob] = {}
        self._lock = threading.Lock()

    def blob(self, address: str) -> RemoteBlob:
        """Returns the file at an address.

        Raises:
            DownloadError: it isn't there, or the server doesn't answer.
            MissingExtraError: a library is missing for addresses of this kind.
        """
        with self._lock:
            known = self._blobs.get(address)
        if known is not None:
            return known
        blob = RemoteBlob(self._reader(address), self._cache)
        with self._lock:
            return self._blobs.setdefault(address, blob)

    def _reader(self, address: str) -> RangeReader:
        """Returns the reader for addresses of this kind."""
        if urlsplit(address).scheme in {"http", "https"}:
            from spritenet.http_client import HttpClient
            from spritenet.streams.http import HttpReader

            with self._lock:
                if self._web is None:
                    self._web = HttpClient(self._timeout)
            return HttpReader(self._web, address)
        from spritenet.streams.object_store import ObjectReader

        return ObjectReader(address)

    def close(self) -> None:
        """Closes connections, and drops whole files and blocks in memory."""
        with self._lock:
            self._blobs.clear()
        self._cache.clear()
        if self._web is not None:
            self._web.close()
