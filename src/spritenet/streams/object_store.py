"""Files in object stores, and wherever else fsspec leads, as range readers."""

from __future__ import annotations

import time

from spritenet.address import redact
from spritenet.errors import DataError, DownloadError
from spritenet.store import open_store, reason_of
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
"""The fields in which stores keep a file's version."""


class ObjectReader:
    """A range reader of a file behind fsspec: `s3://bucket/digits.png`, `gs://…`, `memory://…`.

    Args:
        address: of the file.

    Raises:
        MissingExtraError: fsspec, or its part for such addresses, is not installed.
        InputError: the kind of address is unknown.
        DownloadError: the store doesn't answer.
    """

    def __init__(self, address: str) -> None:
        self.name = redact(address)
        self._info = FileInfo(-1, "")
        self._files, self._path = open_store(address, "reading from")

    def read_info(self) -> FileInfo:
        """Asks for size and version.

        Raises:
            DownloadError: it isn't there, or the store doesn't answer.
        """
        self._info = self._read_info()
        return self._info

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
                reason = reason_of(error)
                continue
            if len(data) == stop - start:
                return data
            reason = f"{len(data):,} bytes of {stop - start:,}"
        raise DownloadError("can't be fetched", where=self.name, got=f"{reason}, {ATTEMPTS} times")

    def check_unchanged(self) -> None:
        """Raises DataError if the file has another version now."""
        now = self._read_info()
        if (now.size, now.version) != (self._info.size, self._info.version):
            raise DataError(
                "the file changed in the store while it was read",
                where=self.name,
                do="Open it again.",
            )

    def _read_info(self) -> FileInfo:
        try:
            self._files.invalidate_cache()
            about = self._files.info(self._path)
        except Exception as error:  # noqa: BLE001 - each store raises errors of its own
            gone = isinstance(error, FileNotFoundError)
            what = "missing file" if gone else "can't be reached"
            got = "" if gone else reason_of(error)
            raise DownloadError(what, where=self.name, got=got) from None
        size = about.get("size")
        if about.get("type") == "directory" or not isinstance(size, int):
            raise DownloadError("not a file", where=self.name)
        version = next((f"{key} {about[key]}" for key in VERSIONS if about.get(key)), "")
        return FileInfo(size, version[: BLOCK_BYTES // 1024])
