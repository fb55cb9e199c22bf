"""A web server on 127.0.0.1 for tests and benchmarks: some folders, each under a name."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

__all__ = ["CHROMIUM_OPTIONS", "served"]

CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""A browser that starts without questions and asks nobody on the network."""

POLICY = "default-src 'self' 'wasm-unsafe-eval'; script-src 'self' 'wasm-unsafe-eval'"
"""Stricter than most pages: no inline script, no eval, nothing from elsewhere."""


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves `folders`, with the types that browsers insist on."""

    folders: ClassVar[Mapping[str, Path]] = {}
    policy: ClassVar[str] = ""
    allowed: ClassVar[str] = ""
    isolated: ClassVar[bool] = False
    extensions_map = {  # noqa: RUF012 - the base class declares it so
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript",
        ".json": "application/json",
        ".wasm": "application/wasm",
        "": "application/octet-stream",
    }

    def translate_path(self, path: str) -> str:
        """The file of an address; one that isn't there for any that leads elsewhere."""
        first, _, rest = unquote(path.partition("?")[0]).lstrip("/").partition("/")
        folder = self.folders.get(first)
        if folder is None or ".." in rest.split("/"):
            return str(Path(__file__) / "nothing")
        return str(folder / rest)

    def do_GET(self) -> None:
        """A file; nothing for the picture that browsers ask every site for."""
        if self.path == "/favicon.ico":
            self.send_response(http.HTTPStatus.NO_CONTENT)
            self.end_headers()
            return
        super().do_GET()

    def end_headers(self) -> None:
        """With the policy, and nothing kept by the browser."""
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        if self.allowed:
            self.send_header("Access-Control-Allow-Origin", self.allowed)
        if self.isolated:
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def served(
    folders: Mapping[str, Path],
    policy: str = POLICY,
    allowed: str = "",
    *,
    isolated: bool = False,
) -> Iterator[str]:
    """Serve them for a while: `{"lib": folder}` is http://127.0.0.1:…/lib/.

    Args:
        folders: by the first part of an address.
        policy: the content security policy of every page; empty for none.
        allowed: the origins whose scripts may read every file: "*", or empty for none.
        isolated: if True, pages are cross-origin isolated, so that threads may share memory.

    Yields:
        The server's address, with a slash at its end.
    """
    settings = {
        "folders": dict(folders),
        "policy": policy,
        "allowed": allowed,
        "isolated": isolated,
    }
    handler = type("Handler", (_Handler,), settings)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
