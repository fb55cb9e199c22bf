"""A server for tests: a page, a POST, an endless stream, a route that fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from asking import Answer, get
from spritenet.web.serving import Site
from spritenet.web.table import Content, static_files

__all__ = ["PAGE", "ROUTES", "Server", "contents"]

PAGE = b"<!doctype html><title>page</title>"


async def echo(request: Request) -> Response:
    """Returns the posted body."""
    return PlainTextResponse(await request.body())


async def fail(_: Request) -> Response:
    """A mistake of ours."""
    raise RuntimeError("this route fails on purpose")


async def stream(_: Request) -> Response:
    """Events without an end."""

    async def events() -> AsyncIterator[bytes]:
        while True:
            yield b"data: 1\n\n"
            await asyncio.sleep(0.05)

    return StreamingResponse(events(), media_type="text/event-stream")


ROUTES = (
    Route("/echo", echo, methods=["POST"]),
    Route("/fail", fail),
    Route("/stream", stream),
)


@dataclass(frozen=True)
class Server:
    """A server, and the cookie of a browser that was let in."""

    site: Site
    cookie: str

    @property
    def port(self) -> int:
        """The address of the server."""
        return self.site.port

    @property
    def origin(self) -> str:
        """Its pages'."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, target: str, **how: str) -> Answer:
        """The answer to a request with the cookie."""
        return get(self.port, target, **{"cookie": self.cookie, **how})  # type: ignore[arg-type]  # headers are text

    def post(self, target: str, body: bytes, **how: str) -> Answer:
        """The answer to a post from the server's own page."""
        headers = {"cookie": self.cookie, "origin": self.origin, **how}
        return get(self.port, target, method="POST", body=body, **headers)


def contents(folder: Path) -> dict[str, Content]:
    """A fixed table: a page, the library, a file that comes and goes, and nothing."""
    file = folder / "weights.bin"
    file.write_bytes(b"\x00\x01\x02")
    return {
        **static_files(),
        "/page/": (PAGE, "text/html"),
        "/page/weights.bin": file,
        "/page/gone.json": folder / "gone.json",
        "/page/nothing.png": (b"", "image/png"),
    }
