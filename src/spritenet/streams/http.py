"""Files on web servers: ranges of them, by urllib3. The one module that knows it.

A request is made again, a few times and with growing pauses, when the connection breaks, the server
stalls, says it has a problem of its own, or sends less than it announced. Redirects are followed a
few times, never from https to http. What is read is bounded by what was asked for.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Any, TypeVar
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import (
    HTTPError,
    LocationValueError,
    NewConnectionError,
    ProtocolError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as TimedOutError

from spritenet.errors import DataError, DownloadError
from spritenet.streams.blocks import BLOCK
from spritenet.streams.remote import MOST_WHOLE, Found, Whole, held, shown

__all__ = ["Web", "WebFile"]

ATTEMPTS = 4
FIRST_PAUSE = 0.2  # seconds; each is three times as long as the one before
LONGEST_PAUSE = 10.0  # seconds that a server may ask for
MOST_REDIRECTS = 5
CONNECTIONS = 16
PIECE = 1 << 16
SLOWEST = 2_000  # bytes a second, on average, after the first `timeout` seconds
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
MOVED = frozenset({301, 302, 303, 307, 308})
RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18})")
TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,80})", re.IGNORECASE)

Answer = TypeVar("Answer")


class _AgainError(Exception):
    """It didn't work, but may the next time; the text says why, in a few words.

    Args:
        reason: in a few words.
        pause: seconds to wait, if the server said so.
    """

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


class Web:
    """Connections to web servers, kept open and shared.

    Args:
        timeout: seconds without a byte after which a server is given up.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        settings: dict[str, Any] = {"maxsize": CONNECTIONS, "retries": False, "timeout": timeout}
        self._direct = urllib3.PoolManager(**settings)
        self._proxies: dict[str, urllib3.PoolManager] = {
            scheme: urllib3.ProxyManager(proxy, **settings)
            for scheme, proxy in getproxies().items()
            if scheme in {"http", "https"} and proxy.startswith("http")
        }

    def get(self, address: str, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        """The answer of a server, its body unread; redirects followed."""
        first = urlsplit(address)
        for _ in range(MOST_REDIRECTS + 1):
            parts = urlsplit(address)
            sent = {"Accept-Encoding": "identity", "User-Agent": "spritenet", **headers}
            if parts.username and parts.hostname == first.hostname:
                login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
                sent |= urllib3.make_headers(basic_auth=login)
            bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
            pool = self._direct
            if parts.scheme in self._proxies and not proxy_bypass(parts.hostname or ""):
                pool = self._proxies[parts.scheme]
            response = pool.request(
                "GET", bare, headers=sent, redirect=False, preload_content=False
            )
            if response.status not in MOVED or "location" not in response.headers:
                return response
            target = urljoin(address, response.headers["location"])
            response.close()
            schemes = {"https"} if parts.scheme == "https" else {"http", "https"}
            if urlsplit(target).scheme not in schemes:
                raise DownloadError(
                    "the server leads elsewhere", where=shown(first.geturl()), got=shown(target)
                )
            address = target
        raise DownloadError(
            "the server redirects without end",
            where=shown(first.geturl()),
            expected=f"at most {MOST_REDIRECTS} redirects",
        )

    def close(self) -> None:
        """Closes the connections."""
        for pool in (self._direct, *self._proxies.values()):
            pool.clear()


class WebFile:
    """A file on a web server.

    Args:
        web: the connections.
        address: `http://…` or `https://…`.
    """

    def __init__(self, web: Web, address: str) -> None:
        self.name = shown(address)
        self._web = web
        self._address = address
        self._size = -1
        self._version = ""

    def find(self) -> Found:
        """Asks for the first block, and learns size and version from the answer.

        Raises:
            Whole: the server doesn't know ranges, and all of it came.
            DataError: the server sent a web page.
            DownloadError: it isn't there, or the server doesn't answer.
        """
        self._size, self._version = -1, ""
        begin = self._tried(partial(self._part, 0, BLOCK))
        if begin.lstrip()[:1] == b"<":
            raise self._page(begin)
        return Found(self._size, self._version, begin)

    def fetch(self, start: int, stop: int) -> bytes:
        """Exactly the bytes from `start` to `stop` of the file that was found.

        Raises:
            Whole: all of it came instead.
            DataError: the file changed since it was found.
            DownloadError: the server doesn't answer.
        """
        data = b""
        while start + len(data) < stop:  # a server may send less than was asked for
            begin = start + len(data)
            data += self._tried(partial(self._part, begin, stop))
        return data

    def check(self) -> None:
        """Every answer is checked when it comes."""

    def _tried(self, work: Callable[[], Answer]) -> Answer:
        """What the work gives, tried again when that may help.

        Raises:
            DownloadError: it never worked.
        """
        reason, pause = "", FIRST_PAUSE
        for attempt in range(ATTEMPTS):
            try:
                return work()
            except _AgainError as error:
                reason = str(error)
                wait = min(max(pause, error.pause), LONGEST_PAUSE)
            except (HTTPError, OSError) as error:
                reason, wait = _reason(error), pause
            except ValueError as error:  # of urllib3, about addresses
                raise DownloadError("this is no address", where=self.name, got=error) from None
            if attempt < ATTEMPTS - 1:
                time.sleep(wait)
            pause *= 3
        raise DownloadError("can't be fetched", where=self.name, got=f"{reason}, {ATTEMPTS} times")

    def _part(self, start: int, stop: int) -> bytes:
        """The bytes from `start` on, up to `stop` or fewer, in one request."""
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        if self._version and not self._version.startswith("W/"):
            headers["If-Range"] = self._version  # a weak one may not stand there, RFC 9110
        response = self._web.get(self._address, headers)
        try:
            if response.status == 206:
                return self._range(response, start, stop)
            whole = response.status == 200
            answer = self._whole(response) if whole else self._refused(response, start)
            response.close()
        except BaseException:
            response.close()  # what is still to come must not be taken for the next answer
            raise
        finally:
            response.release_conn()
        raise answer

    def _range(self, response: urllib3.BaseHTTPResponse, start: int, stop: int) -> bytes:
        """The body of an answer that holds a range."""
        said = response.headers.get("content-range", "")
        found = RANGE.fullmatch(said.strip())
        if found is None or found[1] is None:
            raise DownloadError(
                "the server's ranges make no sense",
                where=self.name,
                expected=f"Content-Range: bytes {start}-…/SIZE",
                got=said[:60] or "nothing",
            )
        first, last, size = int(found[1]), int(found[2]), int(found[3])
        self._same(response, size)
        if first != start or not start <= last < min(stop, size):
            raise _AgainError(f"another range than was asked for ({said[:60]})")
        length = last + 1 - first
        announced = response.headers.get("content-length")
        if announced is not None and announced != str(length):
            raise _AgainError(f"{announced[:20]} bytes announced for {length:,}")
        data = b"".join(self._body(response, length))
        if len(data) != length:
            raise _AgainError(f"{len(data):,} bytes of {length:,}")
        return data

    def _whole(self, response: urllib3.BaseHTTPResponse) -> Whole:
        """The whole file, in place of a range."""
        announced = response.headers.get("content-length", "")
        if self._size >= 0:
            self._same(response, int(announced) if announced.isdecimal() else self._size)
        if announced.isdecimal() and int(announced) > MOST_WHOLE:
            raise self._long(int(announced))
        pieces = self._body(response, MOST_WHOLE + 1)
        begin = next(pieces, b"")
        if begin.lstrip()[:1] == b"<":
            raise self._page(begin)

        def checked() -> Iterator[bytes]:
            size = len(begin)
            yield begin
            for piece in pieces:
                size += len(piece)
                if size > MOST_WHOLE:
                    raise self._long(size)
                yield piece
            if announced.isdecimal() and size != int(announced):
                raise _AgainError(f"{size:,} bytes of {int(announced):,}")

        file: IO[bytes] = held(checked())
        return Whole(file)

    def _body(self, response: urllib3.BaseHTTPResponse, most: int) -> Iterator[bytes]:
        """The body in pieces, at most so many bytes, neither stalled nor all too slow."""
        began, received = time.monotonic(), 0
        while received < most:
            piece = response.read1(min(PIECE, most - received))
            if not piece:
                return
            received += len(piece)
            seconds = time.monotonic() - began
            if seconds > self._web.timeout and received < seconds * SLOWEST:
                raise _AgainError(f"too slow, {received:,} bytes in {seconds:.0f} s")
            yield piece

    def _same(self, response: urllib3.BaseHTTPResponse, size: int) -> None:
        """Learns size and version of the file, or raises DataError if they are others now."""
        version = response.headers.get("etag") or response.headers.get("last-modified") or ""
        if self._size < 0:
            self._size, self._version = size, version[:200]
        elif size != self._size or (version and self._version and version != self._version):
            raise self._changed()

    def _refused(self, response: urllib3.BaseHTTPResponse, start: int) -> Exception:
        """The error of an answer that holds no file."""
        status = response.status
        if status == 416:
            found = RANGE.fullmatch(response.headers.get("content-range", "").strip())
            if start == 0:
                return DataError("is empty", where=self.name, expected="a sprite")
            if found is not None and int(found[3]) != self._size:
                return self._changed()
        if status in BUSY:
            pause = response.headers.get("retry-after", "")
            return _AgainError(f"HTTP {status}", float(pause) if pause.isdecimal() else 0.0)
        words = {401: "asks for a password", 403: "refuses it", 404: "doesn't have it"}
        words[410] = words[404]
        reason = words.get(status, "answers in a way that is not understood")
        return DownloadError(f"the server {reason}", where=self.name, got=f"HTTP {status}")

    def _changed(self) -> DataError:
        return DataError(
            "the file changed on the server while it was read", where=self.name, do="Open it again."
        )

    def _long(self, size: int) -> DataError:
        expected = f"at most {MOST_WHOLE:,} bytes"
        return DataError("is too long", where=self.name, expected=expected, got=f"{size:,} or more")

    def _page(self, begin: bytes) -> DataError:
        """The server sent HTML or XML."""
        title = TITLE.search(begin)
        words = title[1].decode("utf-8", "replace").strip() if title else ""
        return DataError(
            "the server sent a web page in place of a sprite",
            where=self.name,
            got=f"“{words}”" if words else "",
            do="Open the address in a browser: it may ask for a login, or be misspelt.",
        )


def _reason(error: Exception) -> str:
    """What went wrong with a request, in a few words."""
    words: dict[type[Exception], str] = {
        SSLError: "its certificate can't be checked",
        NewConnectionError: "can't be reached",  # which is a TimedOutError to urllib3
        TimedOutError: "no answer in time",
        LocationValueError: "no such address",
        ProtocolError: "the connection broke",
    }
    for kind, reason in words.items():
        if isinstance(error, kind):
            return reason
    return f"{type(error).__name__}"
