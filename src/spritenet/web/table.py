"""The table of static files: the content of each address.

Made once, before the server listens. An address is looked up letter by letter, as it arrived, so
nothing a browser sends ever becomes a path: `..`, `%2e%2e` and `/etc/passwd` are simply not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from spritenet.web.assets import ARCHIVE, STATIC, archived, static_bytes

__all__ = ["Content", "Headed", "Moved", "Table", "static_files"]

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".bin": "application/octet-stream",
}
"""Media types by suffix; files with other suffixes are not served."""

PLAIN = re.compile(r"/[A-Za-z0-9._~%/-]*")
SHARED = ("lib", "ui", "vendor")
ICON = "ui/icon.svg"


@dataclass(frozen=True, slots=True)
class Moved:
    """The answer "look there"."""

    to: str


@dataclass(frozen=True, slots=True)
class Headed:
    """A file, or bytes with their media type, with headers of its own."""

    content: Path | tuple[bytes, str]
    headers: tuple[tuple[str, str], ...]


Content = Path | tuple[bytes, str] | Moved | Headed
"""A file, bytes with their media type (none are the answer "nothing"), or another address."""


def static_files(*pages: str) -> dict[str, Content]:
    """The files of some pages ("draw", "lab", …), and of the library they share, by address.

    A page's index.html is its folder's address: static/draw/index.html is /draw/. The icon is where
    browsers look for it.
    """
    found: dict[str, Content] = {}
    for folder in (*SHARED, *pages):
        for path in sorted((STATIC / folder).rglob("*")):
            address = "/" + path.relative_to(STATIC).as_posix()
            if path.suffix in MEDIA_TYPES and path.is_file():
                found[address.removesuffix("index.html")] = path
    for name, body in archived(STATIC / ARCHIVE).items():
        if name.partition("/")[0] in (*SHARED, *pages):
            found[f"/{name}".removesuffix("index.html")] = body, MEDIA_TYPES[Path(name).suffix]
    found["/favicon.ico"] = static_bytes(ICON), MEDIA_TYPES[".svg"]
    for page in pages:
        found[f"/{page}"] = Moved(f"/{page}/")
    return found


class Table:
    """An ASGI application that answers from a table.

    Args:
        contents: by address. Files are read when they are asked for.

    Raises:
        ValueError: an address is not plain, or a file's ending has no media type: our mistake.
    """

    def __init__(self, contents: Mapping[str, Content]) -> None:
        for address, content in contents.items():
            if not PLAIN.fullmatch(address) or "/." in address:
                raise ValueError(f"{address!r} is no plain address")
            if isinstance(content, Path) and content.suffix.lower() not in MEDIA_TYPES:
                raise ValueError(f"{content} has no media type")
        self.contents = dict(contents)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        await self.response(Request(scope))(scope, receive, send)

    def response(self, request: Request) -> Response:
        """Returns the response for the path of a request."""
        address = request.scope["raw_path"].decode("latin-1")
        content = self.contents.get(address)
        if content is None:
            return PlainTextResponse("There is nothing here.\n", 404)
        if request.method not in {"GET", "HEAD"}:
            return PlainTextResponse("This can only be read.\n", 405, {"Allow": "GET, HEAD"})
        return _answer(content)


def _answer(content: Content) -> Response:
    """The answer that holds this."""
    match content:
        case Moved(to):
            return RedirectResponse(to, 307)
        case Headed(inner, headers):
            answer = _answer(inner)
            answer.headers.update(dict(headers))
            return answer
        case Path() if content.is_file():
            return FileResponse(content, media_type=MEDIA_TYPES[content.suffix.lower()])
        case Path():
            return PlainTextResponse("The file was removed.\n", 404)
        case b"", _:
            return Response(status_code=204)
        case body, media_type:
            return Response(body, media_type=media_type)
