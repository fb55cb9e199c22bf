"""Range readers: the protocol of remote files that are read by ranges of bytes.

`http.py` and `object_store.py` implement it. A server that answers a range with the whole file is
believed once: the body goes into a temporary file until the stream is closed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Protocol

from spritenet.errors import DataError

__all__ = ["MAX_FULL_BODY", "FileInfo", "FullBody", "RangeReader", "spool"]

MAX_FULL_BODY = 1 << 29
"""Bytes of a file that is fetched whole: no sprite is larger than 2²⁶ pixels of four bytes."""


@dataclass(frozen=True, slots=True)
class FileInfo:
    """Size, version and first bytes of a remote file.

    Args:
        size: bytes of the file.
        version: the server's mark of this version, such as an ETag; "" if it has none.
        begin: the first bytes of the file, if the request brought some.
    """

    size: int
    version: str
    begin: bytes = b""


class FullBody(Exception):  # noqa: N818 - no error: an answer of another form
    """The whole file, from a server that doesn't serve ranges.

    Args:
        file: a temporary file with its content.
    """

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__("the whole file")
        self.file = file


class RangeReader(Protocol):
    """A reader of byte ranges of one remote file."""

    @property
    def name(self) -> str:
        """The file's name for messages, without passwords and signatures."""

    def read_info(self) -> FileInfo:
        """Returns size, version and perhaps first bytes of the file as it is now.

        Raises:
            FullBody: the server sent the whole file.
            DownloadError: it isn't there, or the server doesn't answer.
        """

    def read_range(self, start: int, stop: int) -> bytes:
        """Returns exactly the bytes from `start` to `stop` of the version last asked for.

        Raises:
            FullBody: the server sent the whole file.
            DataError: the file has another version now.
            DownloadError: the server doesn't answer.
        """

    def check_unchanged(self) -> None:
        """Raises DataError if the file is known to have another version now."""


def spool(pieces: Iterator[bytes]) -> IO[bytes]:
    """Writes pieces into a temporary file, which is deleted when it is closed.

    Raises:
        DataError: the disk refuses.
    """
    file = tempfile.NamedTemporaryFile(prefix="spritenet-")  # noqa: SIM115 - the caller closes it
    try:
        for piece in pieces:
            try:
                file.write(piece)
                file.flush()
            except OSError as error:
                raise DataError(
                    "the temporary folder is full",
                    where=tempfile.gettempdir(),
                    got=error.strerror or error,
                    do="Set TMPDIR to a folder with room.",
                ) from None
    except BaseException:
        file.close()
        raise
    return file
