"""Pages and routes behind the guard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from spritenet.web.guard import LARGEST_BODY, Guard
from spritenet.web.hosts import Hosts
from spritenet.web.keys import Keys
from spritenet.web.table import Content, Moved, Table

__all__ = ["application"]


def application(
    pages: Mapping[str, Content],
    routes: Sequence[BaseRoute] = (),
    *,
    host: str = "127.0.0.1",
    port: int,
    keys: Keys,
    home: str | None = None,
    knocked: Callable[[], None] = lambda: None,
    largest_body: int = LARGEST_BODY,
) -> Starlette:
    """The application of a local server.

    Every address is guarded alike, those of `routes` too: Host, Origin, cookie, the size of the
    body, and the headers of the answer (guard.py). A route may set a header itself to have another.

    Args:
        pages: the fixed table of files, by address.
        routes: the routes that serve no file: event streams and posts.
        host: the host it is bound to.
        port: the port it is bound to.
        keys: its token and cookie.
        home: where / leads.
        knocked: called when someone without a key opens a page.
        largest_body: bytes of a request's body.
    """
    table = {"/": Moved(home), **pages} if home else pages
    return Starlette(
        routes=[*routes, Route("/{path:path}", Table(table))],
        middleware=[
            Middleware(
                Guard,
                hosts=Hosts.of(host, port),
                keys=keys,
                knocked=knocked,
                largest_body=largest_body,
            ),
        ],
    )
