"""Listens on a port, opens the browser, ends with Ctrl-C."""

from __future__ import annotations

import errno
import os
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from spritenet.errors import InputError
from spritenet.web.application import application
from spritenet.web.guard import LARGEST_BODY, LARGEST_HEAD
from spritenet.web.hosts import is_loopback, is_wildcard, written
from spritenet.web.keys import Keys
from spritenet.web.request_timeout import Patience
from spritenet.web.table import Content

__all__ = ["Site", "listen", "running", "serve"]

MOST_CONNECTIONS = 100


@dataclass(frozen=True, slots=True)
class Site:
    """The address of a server.

    Attributes:
        host: it is bound to.
        port: it is bound to.
        token: valid once.
    """

    host: str
    port: int
    token: str

    @property
    def local(self) -> bool:
        """True if only this machine can reach it."""
        return is_loopback(self.host)

    @property
    def address(self) -> str:
        """The URL to open, with the token."""
        host = _own_address() if is_wildcard(self.host) else self.host
        return f"http://{written(host)}:{self.port}/?token={self.token}"


def listen(host: str, port: int) -> socket.socket:
    """Returns a listening socket.

    Args:
        host: 127.0.0.1 for this machine only, 0.0.0.0 for all that can reach it.
        port: 0 for any that is free.

    Raises:
        InputError: the port is taken, or this machine has no such address.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host or "0.0.0.0",  # noqa: S104 - the user asked for it
            port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )[0]
    except (OSError, OverflowError, UnicodeError) as error:
        raise InputError("not an address of this machine", where="--host", got=host) from error
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name != "nt":  # there it would let two programs listen on one port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(MOST_CONNECTIONS)
    except OSError as error:
        made.close()
        raise _refused(host, port, error) from error
    return made


def _refused(host: str, port: int, error: OSError) -> InputError:
    """Why a socket can't listen."""
    if error.errno == errno.EADDRINUSE:
        return InputError(
            f"port {port} is taken by another program",
            where="--port",
            do="Add --port 0 to take any free one.",
        )
    if error.errno == errno.EACCES:
        return InputError(
            f"port {port} needs more rights than you have",
            where="--port",
            do="Add --port 0 to take any free one.",
        )
    what = error.strerror or str(error)
    return InputError("can't listen there", where="--host", got=f"{host} ({what})")


def serve(
    pages: Mapping[str, Content],
    routes: Sequence[BaseRoute] = (),
    *,
    home: str,
    host: str = "127.0.0.1",
    port: int = 0,
    browser: bool = True,
    ready: Callable[[Site], None],
    knocked: Callable[[Site], None] = lambda _: None,
    largest_body: int = LARGEST_BODY,
) -> None:
    """Serves until Ctrl-C, then returns.

    Args:
        pages: the fixed table of files, by address; `static_files` has those of our pages.
        routes: the routes that serve no file.
        home: the page that is opened, like "/draw/".
        host: 127.0.0.1 for this machine only, 0.0.0.0 for all that can reach it.
        port: 0 for any that is free.
        browser: if True, opens a browser.
        ready: called with the address when the server listens.
        knocked: called when someone without a key opened a page, with a fresh address: at most once
            for each token that was used.
        largest_body: bytes of a request's body.

    Raises:
        InputError: the port is taken, or this machine has no such address.
    """
    with listen(host, port) as listening:
        app, site = _behind(listening, pages, routes, home, host, knocked, largest_body)
        server = _server(app)
        ready(site)
        if browser:
            # Some browsers answer only when they are closed.
            threading.Thread(target=webbrowser.open, args=(site.address,), daemon=True).start()
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            return


@contextmanager
def running(
    pages: Mapping[str, Content],
    routes: Sequence[BaseRoute] = (),
    *,
    home: str,
    host: str = "127.0.0.1",
    port: int = 0,
    largest_body: int = LARGEST_BODY,
) -> Iterator[Site]:
    """The same in a thread, while the context lasts."""
    with listen(host, port) as listening:
        app, site = _behind(listening, pages, routes, home, host, lambda _: None, largest_body)
        server = _server(app)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.should_exit = True
            thread.join()


def _behind(
    listening: socket.socket,
    pages: Mapping[str, Content],
    routes: Sequence[BaseRoute],
    home: str,
    host: str,
    knocked: Callable[[Site], None],
    largest_body: int,
) -> tuple[ASGIApp, Site]:
    """The application behind a socket, and its first address."""
    port = listening.getsockname()[1]
    keys = Keys(port)

    def knock() -> None:
        if not keys.waiting:
            knocked(Site(host, port, keys.token()))

    app = application(
        pages,
        routes,
        host=host,
        port=port,
        keys=keys,
        home=home,
        knocked=knock,
        largest_body=largest_body,
    )
    return app, Site(host, port, keys.token())


class _Server(uvicorn.Server):
    """uvicorn's, which ends what still runs when it shall end: streams of events never would."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cancels what runs, and closes everything."""
        for task in self.server_state.tasks:
            task.cancel()
        await super().shutdown(sockets)


def _server(app: ASGIApp) -> uvicorn.Server:
    """A server that prints nothing."""
    return _Server(
        uvicorn.Config(
            app,
            http=Patience,
            ws="none",
            loop="asyncio",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            h11_max_incomplete_event_size=LARGEST_HEAD,
            timeout_graceful_shutdown=1,
        )
    )


def _own_address() -> str:
    """This machine's address in its network; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation, RFC 5737
            address: str = probe.getsockname()[0]
        except OSError:
            return socket.gethostname()
    return address
