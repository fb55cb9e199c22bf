"""HTTP spoken by hand: requests no browser would send, answers as they came."""

from __future__ import annotations

import socket
from dataclasses import dataclass

__all__ = ["Answer", "ask", "exchange", "get"]

PATIENCE = 20.0  # seconds; only a server that hangs takes so long


@dataclass(frozen=True)
class Answer:
    """A server's response."""

    status: int
    headers: dict[str, str]
    body: bytes


def exchange(port: int, request: bytes) -> bytes:
    """Everything a server sends until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall(request)
        parts = []
        try:
            while part := connection.recv(65536):
                parts.append(part)
        except ConnectionResetError:
            pass  # it closed without reading what else we sent
    return b"".join(parts)


def ask(port: int, request: bytes) -> Answer:
    """The answer to these bytes."""
    head, _, body = exchange(port, request).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return Answer(int(first.split()[1]) if first else 0, headers, body)


def get(
    port: int,
    target: str,
    *,
    method: str = "GET",
    host: str | None = "",
    body: bytes = b"",
    **headers: str,
) -> Answer:
    """The answer to an ordinary request; `sec_fetch_site="none"` is a header.

    Args:
        port: of the server on 127.0.0.1.
        target: as in the first line.
        method: the same.
        host: the Host header; by default the right one, None for none.
        body: with its length, if there is one.
        headers: others.
    """
    lines = [f"{method} {target} HTTP/1.1"]
    if host is not None:
        lines.append(f"Host: {host or f'127.0.0.1:{port}'}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines.append("Connection: close")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ask(port, "\r\n".join([*lines, "", ""]).encode("latin-1") + body)
