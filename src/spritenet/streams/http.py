"""Files on web servers, as range readers.

A request is made again, a few times and with growing pauses, when the connection breaks, the server
stalls, says it has a problem of its own, or sends less than it announced. Reads are bounded by
the length of the range.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, TypeVar

from spritenet.address import redact
from spritenet.errors import DataError, DownloadError
from spritenet.http_client import HttpClient, HTTPError, RedirectError, Response, reason_of
from spritenet.streams.disk_cache import BLOCK_BYTES
from spritenet.streams.range_reader import MAX_FULL_BODY, FileInfo, FullBody, spool

__all__ = ["HttpReader"]

ATTEMPTS = 4
FIRST_PAUSE = 0.2  # seconds; each is three times as long as the one before
LONGEST_PAUSE = 10.0  # seconds that a server may ask for
PIECE = 1 << 16
SLOWEST = 2_000  # bytes a second, on average, after the first `timeout` seconds
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18})")
TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,80})", re.IGNORECASE)

Answer = TypeVar("Answer")


class _RetryError(Exception):
    """A failure that may not occur again.

    Args:
        reason: in a few words.
        pause: seconds to wait, if the server said so.
    """

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


class HttpReader:
    """A range reader of a file on a web server.

    Args:
        client: with the connections.
        address: `http://…` or `https://…`.
    """

    def __init__(self, client: HttpClient, address: str) -> None:
        self.name = redact(address)
        self._client = client
        self._address = address
        self._size = -1
        self._version = ""

    def read_info(self) -> FileInfo:
        """Fetches the first block, with the size and version in the response.

        Raises:
            FullBody: the server doesn't know ranges, and all of it came.
            DataError: the server sent a web page.
            DownloadError: it isn't there, or the server doesn't answer.
        """
        self._size, self._version = -1, ""
        begin = self._retry(partial(self._request, 0, BLOCK_BYTES))
        if begin.lstrip()[:1] == b"<":
            raise self._page_error(begin)
        return FileInfo(self._size, self._version, begin)

    def read_range(self, start: int, stop: int) -> bytes:
        """Exactly the bytes from `start` to `stop` of the version last asked for.

        Raises:
            FullBody: the server sent the whole file.
            DataError: the file has another version now.
            DownloadError: the server doesn't answer.
        """
        data = b""
        while start + len(data) < stop:  # a server may send less than was asked for
            begin = start + len(data)
            data += self._retry(partial(self._request, begin, stop))
        return data

    def check_unchanged(self) -> None:
        """Does nothing: every response is checked when it comes."""

    def _retry(self, work: Callable[[], Answer]) -> Answer:
        """Calls a function until it succeeds, with growing pauses.

        Raises:
            DownloadError: it failed each time.
        """
        reason, pause = "", FIRST_PAUSE
        for attempt in range(ATTEMPTS):
            try:
                return work()
            except _RetryError as error:
                reason = str(error)
                wait = min(max(pause, error.pause), LONGEST_PAUSE)
            except (HTTPError, OSError) as error:
                reason, wait = reason_of(error), pause
            except ValueError as error:  # of urllib3, about addresses
                raise DownloadError("invalid address", where=self.name, got=error) from None
            if attempt < ATTEMPTS - 1:
                time.sleep(wait)
            pause *= 3
        raise DownloadError("can't be fetched", where=self.name, got=f"{reason}, {ATTEMPTS} times")

    def _request(self, start: int, stop: int) -> bytes:
        """Requests the bytes from `start` to `stop`, and returns them or fewer."""
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        if self._version and not self._version.startswith("W/"):
            headers["If-Range"] = self._version  # a weak one may not stand there, RFC 9110
        try:
            response = self._client.get(self._address, headers)
        except RedirectError as error:
            got = redact(error.target) if error.target else ""
            raise DownloadError(str(error), where=self.name, got=got) from None
        try:
            if response.status == 206:
                return self._range(response, start, stop)
            whole = response.status == 200
            answer = self._whole(response) if whole else self._response_error(response, start)
            response.close()
        except BaseException:
            response.close()  # the rest must not be read as the next answer
            raise
        finally:
            response.release_conn()
        raise answer

    def _range(self, response: Response, start: int, stop: int) -> bytes:
        """Returns the body of a response that holds a range."""
        said = response.headers.get("content-range", "")
        found = RANGE.fullmatch(said.strip())
        if found is None or found[1] is None:
            raise DownloadError(
                "invalid range in the server's response",
                where=self.name,
                expected=f"Content-Range: bytes {start}-…/SIZE",
                got=said[:60] or "nothing",
            )
        first, last, size = int(found[1]), int(found[2]), int(found[3])
        self._check_version(response, size)
        if first != start or not start <= last < min(stop, size):
            raise _RetryError(f"another range than was asked for ({said[:60]})")
        length = last + 1 - first
        announced = response.headers.get("content-length")
        if announced is not None and announced != str(length):
            raise _RetryError(f"{announced[:20]} bytes announced for {length:,}")
        data = b"".join(self._body(response, length))
        if len(data) != length:
            raise _RetryError(f"{len(data):,} bytes of {length:,}")
        return data

    def _whole(self, response: Response) -> FullBody:
        """Spools the whole file, sent in place of a range."""
        announced = response.headers.get("content-length", "")
        if self._size >= 0:
            self._check_version(response, int(announced) if announced.isdecimal() else self._size)
        if announced.isdecimal() and int(announced) > MAX_FULL_BODY:
            raise self._length_error(int(announced))
        pieces = self._body(response, MAX_FULL_BODY + 1)
        begin = next(pieces, b"")
        if begin.lstrip()[:1] == b"<":
            raise self._page_error(begin)

        def checked() -> Iterator[bytes]:
            size = len(begin)
            yield begin
            for piece in pieces:
                size += len(piece)
                if size > MAX_FULL_BODY:
                    raise self._length_error(size)
                yield piece
            if announced.isdecimal() and size != int(announced):
                raise _RetryError(f"{size:,} bytes of {int(announced):,}")

        file: IO[bytes] = spool(checked())
        return FullBody(file)

    def _body(self, response: Response, most: int) -> Iterator[bytes]:
        """Yields the body in pieces, up to `most` bytes; raises an error if it is too slow."""
        began, received = time.monotonic(), 0
        while received < most:
            piece = response.read1(min(PIECE, most - received))
            if not piece:
                return
            received += len(piece)
            seconds = time.monotonic() - began
            if seconds > self._client.timeout and received < seconds * SLOWEST:
                raise _RetryError(f"too slow, {received:,} bytes in {seconds:.0f} s")
            yield piece

    def _check_version(self, response: Response, size: int) -> None:
        """Notes size and version of the file, or raises DataError if they have changed."""
        version = response.headers.get("etag") or response.headers.get("last-modified") or ""
        if self._size < 0:
            self._size, self._version = size, version[:200]
        elif size != self._size or (version and self._version and version != self._version):
            raise self._change_error()

    def _response_error(self, response: Response, start: int) -> Exception:
        """Returns the error for a response without the file."""
        status = response.status
        if status == 416:
            found = RANGE.fullmatch(response.headers.get("content-range", "").strip())
            if start == 0:
                return DataError("is empty", where=self.name, expected="a sprite")
            if found is not None and int(found[3]) != self._size:
                return self._change_error()
        if status in BUSY:
            pause = response.headers.get("retry-after", "")
            return _RetryError(f"HTTP {status}", float(pause) if pause.isdecimal() else 0.0)
        words = {401: "asks for a password", 403: "refuses it", 404: "doesn't have it"}
        words[410] = words[404]
        reason = words.get(status, "sends an unexpected status")
        return DownloadError(f"the server {reason}", where=self.name, got=f"HTTP {status}")

    def _change_error(self) -> DataError:
        return DataError(
            "the file changed on the server while it was read", where=self.name, do="Open it again."
        )

    def _length_error(self, size: int) -> DataError:
        expected = f"at most {MAX_FULL_BODY:,} bytes"
        return DataError("is too long", where=self.name, expected=expected, got=f"{size:,} or more")

    def _page_error(self, begin: bytes) -> DataError:
        """Returns the error for HTML or XML in place of the file."""
        title = TITLE.search(begin)
        words = title[1].decode("utf-8", "replace").strip() if title else ""
        return DataError(
            "the server sent a web page instead of a sprite",
            where=self.name,
            got=f"“{words}”" if words else "",
            do="Open the address in a browser: it may ask for a login, or be misspelt.",
        )
