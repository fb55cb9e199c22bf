"""Serving of pages: the options of the commands that do, and the address they print."""

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

LARGEST_BODY = 64 * 1024  # bytes; most pages send a few words

Host = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help="Address to listen on; 0.0.0.0 admits other devices in your network.",
    ),
]
Port = Annotated[
    int, typer.Option(metavar="N", min=0, max=65535, help="Port to listen on; 0 is any free one.")
]
NoBrowser = Annotated[
    bool, typer.Option("--no-browser", help="Print the address, but don't open it.")
]


def serve(
    pages: Mapping[str, Content],
    routes: Sequence[Any] = (),
    *,
    home: str,
    host: str,
    port: int,
    no_browser: bool,
    largest_body: int = LARGEST_BODY,
) -> None:
    """Serves pages until Ctrl-C, and prints their address.

    Args:
        pages: files, by address.
        routes: of Starlette, for everything else.
        home: the page to open, like "/draw/".
        host: address to listen on.
        port: to listen on; 0 is any free one.
        no_browser: if True, doesn't open a browser.
        largest_body: bytes of a request's body.

    Raises:
        InputError: the port is taken, or this machine has no such address.
    """
    from spritenet.web import serving

    _exit_on_signals()
    serving.serve(
        pages,
        routes,
        home=home,
        host=host,
        port=port,
        browser=not no_browser,
        ready=_print_address,
        knocked=_print_new_address,
        largest_body=largest_body,
    )
    print()  # ends the line of ^C, before the shell's prompt


def _exit_on_signals() -> None:
    """Exits normally on `kill` or the terminal's closing, so that temporary files are removed.

    Uvicorn sends itself the signal again once it has shut down, which would skip all cleanup.
    """
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            number = getattr(signal, name)
            signal.signal(number, lambda got, _: sys.exit(128 + got))


def _print_address(site: Site) -> None:
    """Prints the address of the page, and who can open it."""
    print(f"\n  {site.address}\n")
    if site.local:
        print("This address opens once, on this machine. Press Ctrl-C to quit.", flush=True)
        return
    print("This address opens once, on any device that reaches this machine: the token in it is")
    print("the key, and is sent unencrypted. Use it only in a network that you trust.")
    print("Press Ctrl-C to quit.", flush=True)


def _print_new_address(site: Site) -> None:
    """Prints a new address for the next browser."""
    print(
        f"\nA browser came without its key. The address for it:\n\n  {site.address}\n", flush=True
    )
