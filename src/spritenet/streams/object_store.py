"""Files in object stores, and wherever else fsspec leads, read by ranges."""

from __future__ import annotations

import time

from spritenet.address import shown
from spritenet.errors import DataError, DownloadError
from spritenet.store import open_store, words
from spritenet.streams.disk_cache import BLOCK_BYTES
from spritenet.streams.range_reader import FileInfo

__all__ = ["ObjectReader"]

ATTEMPTS = 3
PAUSE = 0.3  # seconds; stores have retries of their own below this
VERSIONS = (
    "ETag",
    "etag",
    "generation",
    "md5Hash",
    "LastModified",
    "last_modified",
    "mtime",
    "created",
)
"""What stores call that by which they tell a file from others of the same name."""


class ObjectReader:
    """A file behind fsspec: `s3://bucket/digits.png`, `gs://…`, `memory://…`.

    Args:
        address: of the file.

    Raises:
        MissingExtraError: fsspec, or its part for such addresses, is not installed.
        InputError: there is no such kind of address.
        DownloadError: the store doesn't answer.
    """

    def __init__(self, address: str) -> None:
        self.name = shown(address)
        self._found = FileInfo(-1, "")
        self._files, self._path = open_store(address, "reading from")

    def read_info(self) -> FileInfo:
        """Asks for size and version.

        Raises:
            DownloadError: it isn't there, or the store doesn't answer.
        """
        self._found = self._about()
        return self._found

    def read_range(self, start: int, stop: int) -> bytes:
        """Exactly the bytes from `start` to `stop` of the version last asked for.

        Raises:
            DataError: the file has another version now.
            DownloadError: the store doesn't answer.
        """
        reason = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(PAUSE)
                self.check_unchanged()
            try:
                data = bytes(self._files.cat_file(self._path, start=start, end=stop))
            except Exception as error:  # noqa: BLE001 - each store raises errors of its own
                reason = words(error)
                continue
            if len(data) == stop - start:
                return data
            reason = f"{len(data):,} bytes of {stop - start:,}"
        raise DownloadError("can't be fetched", where=self.name, got=f"{reason}, {ATTEMPTS} times")

    def check_unchanged(self) -> None:
        """Raises DataError if the file has another version now."""
        now = self._about()
        if (now.size, now.version) != (self._found.size, self._found.version):
            raise DataError(
                "the file changed in the store while it was read",
                where=self.name,
                do="Open it again.",
            )

    def _about(self) -> FileInfo:
        try:
            self._files.invalidate_cache()
            about = self._files.info(self._path)
        except Exception as error:  # noqa: BLE001 - each store raises errors of its own
            gone = isinstance(error, FileNotFoundError)
            what = "there is no such file" if gone else "can't be reached"
            got = "" if gone else words(error)
            raise DownloadError(what, where=self.name, got=got) from None
        size = about.get("size")
        if about.get("type") == "directory" or not isinstance(size, int):
            raise DownloadError("this is no file", where=self.name)
        version = next((f"{key} {about[key]}" for key in VERSIONS if about.get(key)), "")
        return FileInfo(size, version[: BLOCK_BYTES // 1024])
