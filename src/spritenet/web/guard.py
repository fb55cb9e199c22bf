"""The guard in front of every route: access by host, origin and key.

A request passes if

1. its headers and its body are small, else 431 and 413;
2. its Host is ours, else 421: a name was rebound to this machine;
3. its Origin is ours where there is one, and there is one where it changes something; and the
   browser doesn't say that another site sent it; else 403;
4. it has the cookie, else 401; an address with a fresh token gets the cookie and leads on.

Every answer carries the headers that make a browser strict.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spritenet.web.hosts import Hosts, is_loopback
from spritenet.web.keys import Keys
from spritenet.web.locked_page import locked

__all__ = ["LARGEST_BODY", "LARGEST_HEAD", "OPEN_POLICY", "POLICY", "Guard"]

LARGEST_BODY = 64 * 1024  # bytes; the pages send a few words, never data
LARGEST_HEAD = 16 * 1024  # bytes of address and headers; browsers send about 1,000
TOKEN = "token"  # noqa: S105 - the parameter's name
HARMLESS = frozenset({"GET", "HEAD"})

RULES = {
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "blob:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
POLICY = "; ".join(f"{rule} {allowed}" for rule, allowed in RULES.items())
OPEN_POLICY = POLICY.replace("connect-src 'self'", "connect-src 'self' https: http:")
"""For a page that reads files at addresses which a person enters: scripts are as strict."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",  # images and predictions are private
}
ISOLATION = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
"""Isolates our pages from other sites, so that their threads may share memory. Browsers take these
headers from addresses of this machine, and complain of them on plain HTTP from another."""

logger = logging.getLogger("spritenet.web")


class Guard:
    """An ASGI application around another one.

    Args:
        app: the application to guard.
        hosts: the host names of this server.
        keys: its token and cookie.
        knocked: called when someone without a key opens a page.
        largest_body: bytes of a request's body.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Hosts,
        keys: Keys,
        knocked: Callable[[], None] = lambda: None,
        largest_body: int = LARGEST_BODY,
    ) -> None:
        self.app = app
        self.hosts = hosts
        self.keys = keys
        self.knocked = knocked
        self.largest_body = largest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or lets it pass."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        else:
            request = Request(scope)
            strict = _strictly(send, _headers(request))
            refusal = self._unsound(request) or self._unknown(request)
            if refusal is not None:
                await refusal(scope, receive, strict)
                return
            await self._pass(scope, receive, strict)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on; answers 500 and logs the error if its route fails."""
        began = False

        async def noting(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self.app(scope, self._bounded(receive), noting)
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            if not began:
                await _no(500, "This is a mistake of ours.")(scope, receive, send)

    def _unsound(self, request: Request) -> Response | None:
        """The answer to a request that nobody with honest intentions sends; None for others."""
        host = request.headers.get("host")
        if _head(request) > LARGEST_HEAD:
            return _no(431, "The headers are too large.")
        if _length(request) > self.largest_body:
            return _no(413, "The request is too large.")
        if not self.hosts.allow(host):
            return _no(421, "This server doesn't answer to that name.")
        if not _is_ours(request, f"http://{host}".lower()):
            return _no(403, "Another site sent this request.")
        return None

    def _unknown(self, request: Request) -> Response | None:
        """The answer to who has no cookie, or comes with a token; None for who may pass."""
        query = parse_qsl(request.url.query, keep_blank_values=True)
        token = dict(query).get(TOKEN)
        if token is not None and request.method == "GET":
            cookie = self.keys.exchange(token)
            if cookie is not None or self.keys.open(request.cookies):
                rest = urlencode([(name, value) for name, value in query if name != TOKEN])
                return _lead_on(request, rest, cookie)
        if self.keys.open(request.cookies):
            return None
        if request.headers.get("sec-fetch-mode", "navigate") == "navigate":
            self.knocked()
        return locked()

    def _bounded(self, receive: Receive) -> Receive:
        """The same body, up to its largest size: its length need not have been announced."""
        left = self.largest_body

        async def bounded() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413)
            return message

        return bounded


def _is_ours(request: Request, origin: str) -> bool:
    """Returns whether the browser says that our own page sent this, or the person."""
    headers = request.headers
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    given = headers.get("origin")
    if given is None:
        return request.method in HARMLESS
    return given.lower() == origin


def _head(request: Request) -> int:
    """Returns the bytes of address and headers; uvicorn only limits incomplete ones."""
    scope = request.scope
    address = len(scope["raw_path"]) + len(scope["query_string"])
    return address + sum(len(name) + len(value) for name, value in scope["headers"])


def _length(request: Request) -> int:
    """The announced length of the body in bytes. uvicorn has refused what is no number."""
    return int(request.headers.get("content-length", 0))


def _no(status: int, text: str) -> Response:
    """A refusal in one line."""
    return PlainTextResponse(f"{text}\n", status)


def _lead_on(request: Request, query: str, cookie: str | None) -> Response:
    """To the same address without the token."""
    path = request.scope["raw_path"].decode("latin-1")
    # Two slashes at its beginning would lead to another host.
    response = Response(status_code=303)
    response.headers["Location"] = "/" + path.lstrip("/\\") + (f"?{query}" if query else "")
    if cookie is not None:
        response.headers["Set-Cookie"] = cookie
    return response


def _headers(request: Request) -> dict[str, str]:
    """The headers of every answer to this request."""
    name = request.headers.get("host", "").rpartition(":")[0].strip("[]")
    return HEADERS | ISOLATION if is_loopback(name) else HEADERS


def _strictly(send: Send, all_headers: Mapping[str, str]) -> Send:
    """Sends with these headers, unless the answer has its own."""

    async def strict(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in all_headers.items():
                headers.setdefault(name, value)
        await send(message)

    return strict
