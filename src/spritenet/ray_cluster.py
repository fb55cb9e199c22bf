"""The connection to a Ray cluster: the one module that imports Ray.

https://docs.ray.io
"""

from __future__ import annotations

import os
import socket
from traceback import format_exception
from types import ModuleType
from urllib.parse import urlsplit

from spritenet.errors import InputError, MissingExtraError

__all__ = ["connect"]

WHERE = "--ray"

PATIENCE = 10.0
"""Seconds that the cluster's machine may take to answer. Ray itself would try for minutes."""

HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""The first words of an HTTP/2 client (RFC 9113, section 3.4): Ray's servers are gRPC's."""

FRAME_HEAD = 9
"""Bytes of a frame's header; the fourth is its type."""

SETTINGS = 4
"""The type of frame with which a server answers."""

START = "Start it by ray start --head, or set RAY_ADDRESS."


def connect(purpose: str) -> tuple[ModuleType, bool]:
    """Connects this process to a cluster, unless it is connected already.

    The cluster is the one that `RAY_ADDRESS` names or that runs on this machine; else one of this
    machine alone, for as long as it takes.

    Args:
        purpose: of the cluster, for the message where Ray is missing.

    Returns:
        Ray, and true if the connection is new and thus the caller's to end by `ray.shutdown()`.

    Raises:
        MissingExtraError: Ray is not installed.
        InputError: there is no cluster where it should be, or it doesn't start.
    """
    address = os.environ.get("RAY_ADDRESS", "")
    if address:  # Ray reads it as it is imported; each of its twenty tries takes 40 seconds
        os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "1")
    try:
        import ray
    except ImportError:
        raise MissingExtraError(purpose, "ray") from None
    if ray.is_initialized():
        return ray, False
    _check_answers(address)
    try:
        ray.init(log_to_driver=False, logging_level="ERROR", configure_logging=False)
    except Exception as error:  # Ray raises Exception itself where a node doesn't start
        do = START
        if "AuthenticationError" in "".join(format_exception(error)):
            do = "It wants a token: set RAY_AUTH_MODE=token, with the token of its machine."
        raise _no_cluster(str(error).partition("\n")[0], do) from error
    return ray, True


def _check_answers(address: str) -> None:
    """Refuses an address such as 10.0.0.1:6379 or ray://head:10001 where no Ray listens.

    Ray itself would try for 40 seconds to talk with a server that isn't gRPC's.

    Raises:
        InputError: nothing listens, or something else, or the port is no number.
    """
    parts = urlsplit(address if "://" in address else f"//{address}")
    try:
        if parts.scheme in {"", "ray"} and parts.hostname and parts.port:
            with socket.create_connection((parts.hostname, parts.port), PATIENCE) as connection:
                if not _speaks_http2(connection):
                    raise _no_cluster("another server", START)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _no_cluster(reason, START) from None


def _speaks_http2(connection: socket.socket) -> bool:
    """False of a server that doesn't answer as gRPC's do; encrypted connections aren't asked."""
    if os.environ.get("RAY_USE_TLS", "").lower() in {"1", "true"}:
        return True
    connection.sendall(HELLO)
    with connection.makefile("rb") as answer:
        head = answer.read(FRAME_HEAD)
    return len(head) == FRAME_HEAD and head[3] == SETTINGS


def _no_cluster(reason: str, do: str) -> InputError:
    """Returns the error of a cluster that isn't there."""
    address = os.environ.get("RAY_ADDRESS")
    return InputError(
        "no Ray cluster answers",
        where=WHERE,
        expected="one on this machine" if address is None else f"one at {address}",
        got=reason,
        do=do,
    )
