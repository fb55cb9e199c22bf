"""A web server that does what web servers do: serve ranges, or ignore them, stall, lie, change.

    with HostileServer({"a.png": b"…"}) as server:
        server.manner = cut(after=100, times=2)
        fetch(server.url + "a.png")

A manner is called with each request and may answer it, and return True; else it is answered well.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

__all__ = ["HostileServer", "Manner", "Request", "first"]


class Request(BaseHTTPRequestHandler):
    """One request, and ways to answer it."""

    protocol_version = "HTTP/1.1"
    server: HostileServer._Server

    def do_GET(self) -> None:  # the name that http.server calls
        """Answers."""
        host = self.server.host
        with host.lock:
            host.requests.append((self.path, self.headers.get("Range")))
        try:
            if not (host.manner and host.manner(self)):
                self.serve()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    @property
    def name(self) -> str:
        """The file that is asked for."""
        return self.path.partition("?")[0].lstrip("/")

    @property
    def content(self) -> bytes:
        """The current content."""
        return self.server.host.files[self.name]

    def range(self) -> tuple[int, int] | None:
        """The range that is asked for, cut to the file; None for all of it."""
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
        if found is None or not self.server.host.ranges:
            return None
        match = self.headers.get("If-Range")
        if match is not None and match != self.tag:
            return None
        return int(found[1]), min(int(found[2]) + 1, len(self.content))

    @property
    def tag(self) -> str:
        """The file's ETag."""
        return f'"{sha256(self.content).hexdigest()[:16]}"'

    def answer(self, status: int, body: bytes, length: int | None = None, **headers: str) -> None:
        """An answer; `length` is what Content-Length says, where it lies."""
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def serve(self, change: Callable[[bytes], bytes] = lambda body: body, more: int = 0) -> None:
        """The good answer; `change` makes another body, `more` another Content-Length, of it."""
        if self.name not in self.server.host.files:
            self.answer(404, b"<html>Not found</html>", Content_Type="text/html")
            return
        whole, asked = self.content, self.range()
        tags = {"ETag": self.tag} if self.server.host.tags else {}
        if asked is None:
            self.answer(200, change(whole), len(whole) + more, **tags)
        elif asked[0] >= len(whole):
            self.answer(416, b"", Content_Range=f"bytes */{len(whole)}")
        else:
            part = whole[slice(*asked)]
            place = f"bytes {asked[0]}-{asked[1] - 1}/{len(whole)}"
            self.answer(206, change(part), len(part) + more, Content_Range=place, **tags)

    def hang_up(self) -> None:
        """Ends the connection."""
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Says nothing."""


Manner = Callable[[Request], bool]


def first(times: int, manner: Manner) -> Manner:
    """The manner for the first requests only."""
    left = [times]
    lock = threading.Lock()

    def sometimes(request: Request) -> bool:
        with lock:
            left[0] -= 1
            mine = left[0] >= 0
        return mine and manner(request)

    return sometimes


class HostileServer:
    """Serves some files from memory on a port of its own.

    Args:
        files: content by name.

    Attributes:
        manner: how it answers; None for well.
        ranges: whether it knows ranges.
        tags: whether it says ETag.
        requests: path and Range of each request so far.
    """

    class _Server(ThreadingHTTPServer):
        daemon_threads = True
        host: HostileServer

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = dict(files)
        self.manner: Manner | None = None
        self.ranges = self.tags = True
        self.requests: list[tuple[str, str | None]] = []
        self.lock = threading.Lock()
        self._server = self._Server(("127.0.0.1", 0), Request)
        self._server.host = self
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
