"""Files on other machines as blobs: fetched in blocks, kept for a while, asked for again.

Two ways lead to them, http.py and objects.py. Both know the file's size and version and fetch
ranges of it. A server that sends the whole file for a range is believed once: the file is held in
the folder for temporary files until the stream is closed.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from spritenet.destination import local_only
from spritenet.errors import DataError
from spritenet.sprites.chunks import Blob
from spritenet.streams.blobs import LocalBlob, SpanBlob
from spritenet.streams.disk_cache import BLOCK, Blocks

if TYPE_CHECKING:
    from spritenet.http_client import HttpClient

__all__ = ["MOST_WHOLE", "Far", "Found", "Remote", "RemoteBlob", "Whole", "held"]

MOST_WHOLE = 1 << 29
"""Bytes of a file that is fetched whole: no sprite is larger than 2²⁶ pixels of four bytes."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the first request for a file found.

    Args:
        size: of the file.
        version: by which the server tells it from others of the same name; "" if it doesn't.
        begin: its first bytes, some or none.
    """

    size: int
    version: str
    begin: bytes = b""


class Whole(Exception):  # noqa: N818 - no error: an answer of another form
    """The server doesn't serve ranges, and sent the whole file.

    Args:
        file: where it is held, until nobody holds it any more.
    """

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__("the whole file")
        self.file = file


class Far(Protocol):
    """A way to a remote file."""

    @property
    def name(self) -> str:
        """What to call it in messages: no passwords, no signatures."""

    def find(self) -> Found:
        """Asks for the beginning of the file.

        Raises:
            Whole: all of it came instead.
            DownloadError: it isn't there, or the server doesn't answer.
        """

    def fetch(self, start: int, stop: int) -> bytes:
        """Exactly the bytes from `start` to `stop` of the file that was found.

        Raises:
            Whole: all of it came instead.
            DataError: the file changed since it was found.
            DownloadError: the server doesn't answer.
        """

    def check(self) -> None:
        """Raises DataError if it is known to have changed since it was found."""


class RemoteBlob:
    """A remote file. Several threads may read from it at the same time.

    Args:
        far: the way to it.
        blocks: where fetched bytes are kept.
    """

    def __init__(self, far: Far, blocks: Blocks) -> None:
        self.name = far.name
        self._far = far
        self._blocks = blocks
        self._lock = threading.Lock()
        self._whole: LocalBlob | None = None
        self._asked_again = False
        self.size = 0
        self._id = ""
        self._find()

    def _find(self) -> None:
        try:
            found = self._far.find()
        except Whole as whole:
            self._hold(whole.file)
            return
        self._whole = None
        self.size = found.size
        # Without a version nothing may be taken for this file's that wasn't fetched just now.
        version = found.version or secrets.token_hex(16)
        self._id = f"{self.name} {found.size} {version}"
        if len(found.begin) >= min(BLOCK, found.size):
            self._blocks.put(self._id, 0, found.begin[:BLOCK])

    def _hold(self, file: IO[bytes]) -> None:
        blob = LocalBlob(Path(file.name))
        blob.name = self.name
        self.size = blob.size
        self._whole = blob
        weakref.finalize(self, file.close)

    def read(self, offset: int, size: int) -> bytes:
        """The bytes from `offset` on: `size` of them, or fewer if the file ends there.

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
        first, last = offset // BLOCK, -(-stop // BLOCK)
        try:
            data = b"".join(self._some(first, last))
        except Whole as whole_file:
            with self._lock:
                if self._whole is None:
                    self._hold(whole_file.file)
            return self.read(offset, size)
        return data[offset - first * BLOCK : stop - first * BLOCK]

    def read_into(self, offset: int, buffer: bytearray) -> int:
        """Fills the buffer with the bytes from `offset` on; how many, fewer if the file ends there.

        Raises:
            DataError: the file changed.
            DownloadError: the server doesn't answer.
        """
        data = self.read(offset, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def span(self, start: int, stop: int) -> Blob:
        """The bytes from `start` to `stop` in memory, fetched in as few requests as can be."""
        whole = self._whole
        if whole is not None:
            return whole
        return SpanBlob(self.name, self.size, start, self.read(start, stop - start))

    def forget(self, start: int, stop: int) -> bool:
        """Drops what is kept of these bytes, and asks anew, once, for a file that came whole.

        Raises:
            DataError: the file changed.
        """
        self._far.check()
        with self._lock:
            if self._whole is not None:
                if self._asked_again:
                    return False
                self._asked_again = True
                self._find()
                return True
        for number in range(start // BLOCK, -(-min(stop, self.size) // BLOCK)):
            self._blocks.drop(self._id, number)
        return True

    def announce(self, start: int, stop: int) -> None:
        """Nothing: as many threads fetch as are good for a server."""

    def _some(self, first: int, last: int) -> Iterator[bytes]:
        """Blocks, those that are not here fetched together with their missing neighbours."""
        kept = [self._blocks.get(self._id, number) for number in range(first, last)]
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
            start = (first + place) * BLOCK
            data = self._far.fetch(start, min((first + end) * BLOCK, self.size))
            for number in range(place, end):
                at = (number - place) * BLOCK
                self._blocks.put(self._id, first + number, data[at : at + BLOCK])
            yield data
            place = end


class Remote:
    """All remote files of a stream.

    Args:
        cache: bytes that fetched blocks may take on disk.
        folder: where; by default `streams` in the folder for downloads.
        timeout: seconds without a byte after which a server is given up.
    """

    def __init__(self, cache: int, folder: str | os.PathLike[str] | None, timeout: float) -> None:
        from spritenet.sources.remote.download import cache_folder

        place = cache_folder() / "streams" if folder is None else local_only(folder).expanduser()
        self._blocks = Blocks(place, cache)
        self._timeout = timeout
        self._web: HttpClient | None = None
        self._blobs: dict[str, RemoteBlob] = {}
        self._lock = threading.Lock()

    def blob(self, address: str) -> RemoteBlob:
        """The file at an address.

        Raises:
            DownloadError: it isn't there, or the server doesn't answer.
            MissingExtraError: a library is missing for addresses of this kind.
        """
        with self._lock:
            known = self._blobs.get(address)
        if known is not None:
            return known
        blob = RemoteBlob(self._way(address), self._blocks)
        with self._lock:
            return self._blobs.setdefault(address, blob)

    def _way(self, address: str) -> Far:
        if urlsplit(address).scheme in {"http", "https"}:
            from spritenet.http_client import HttpClient
            from spritenet.streams.http import WebFile

            with self._lock:
                if self._web is None:
                    self._web = HttpClient(self._timeout)
            return WebFile(self._web, address)
        from spritenet.streams.objects import ObjectFile

        return ObjectFile(address)

    def close(self) -> None:
        """Lets go of connections, of files held whole, and of blocks in memory."""
        with self._lock:
            self._blobs.clear()
        self._blocks.clear()
        if self._web is not None:
            self._web.close()


def held(pieces: Iterator[bytes]) -> IO[bytes]:
    """The pieces in a temporary file, which is removed when nobody holds it any more.

    Raises:
        DataError: the disk refuses.
    """
    file = tempfile.NamedTemporaryFile(prefix="spritenet-")  # noqa: SIM115 - held, as it says
    try:
        for piece in pieces:
            try:
                file.write(piece)
                file.flush()
            except OSError as error:
                raise DataError(
                    "the folder for temporary files takes no more",
                    where=tempfile.gettempdir(),
                    got=error.strerror or error,
                    do="Set TMPDIR to a folder with room.",
                ) from None
    except BaseException:
        file.close()
        raise
    return file
