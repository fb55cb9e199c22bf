"""What the commands that serve a page have in common: their options, and the screen they show."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from spritenet.web.serving import Site
    from spritenet.web.table import Content

__all__ = ["Host", "NoBrowser", "Port", "serve"]

Host = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS", help="Where to listen; 0.0.0.0 lets other devices in your network in."
    ),
]
Port = Annotated[
    int, typer.Option(metavar="N", min=0, max=65535, help="Where to listen; 0 is any free one.")
]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Print the address, open nothing.")]


def serve(
    pages: Mapping[str, Content],
    routes: Sequence[Any] = (),
    *,
    home: str,
    host: str,
    port: int,
    no_browser: bool,
) -> None:
    """Serve pages until Ctrl-C, and say where.

    Args:
        pages: the fixed table of files, by address.
        routes: starlette's, of what is not a file.
        home: the page to open, like "/draw/".
        host: where to listen.
        port: where to listen; 0 is any free one.
        no_browser: whether not to open one.

    Raises:
        InputError: the port is taken, or this machine has no such address.
    """
    from spritenet.web import serving

    _end_in_order()
    serving.serve(
        pages,
        routes,
        home=home,
        host=host,
        port=port,
        browser=not no_browser,
        ready=_show,
        knocked=_show_again,
    )
    print()  # the shell's prompt begins behind ^C


def _end_in_order() -> None:
    """Let `kill`, or the closing of the terminal, end it in order: temporary files go.

    Uvicorn sends itself the signal again once it has shut down, and then nothing else would run.
    """
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            number = getattr(signal, name)
            signal.signal(number, lambda got, _: sys.exit(128 + got))


def _show(site: Site) -> None:
    """Where the page is, and who can open it."""
    print(f"\n  {site.address}\n")
    if site.local:
        print("This address opens once, on this machine. Ctrl-C ends.", flush=True)
        return
    print("This address opens once, on any device that reaches this machine: the token in it is")
    print("the key, and travels unencrypted, so use it only in a network that you trust.")
    print("Ctrl-C ends.", flush=True)


def _show_again(site: Site) -> None:
    """A fresh address for the next browser."""
    print(
        f"\nA browser came without its key. The address for it:\n\n  {site.address}\n", flush=True
    )
