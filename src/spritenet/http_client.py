"""A client of web servers, by urllib3: the one module that knows it.

Connections are kept open and shared. Proxies are those of the environment. Redirects are followed a
few times, never from https to http.
"""

from __future__ import annotations

from http.client import BadStatusLine, RemoteDisconnected
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import (
    HTTPError,
    LocationValueError,
    NewConnectionError,
    ProtocolError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as TimedOutError

__all__ = ["HTTPError", "HttpClient", "RedirectError", "Response", "reason_of"]

Response = urllib3.BaseHTTPResponse

MOST_REDIRECTS = 5
CONNECTIONS = 16
MOVED = frozenset({301, 302, 303, 307, 308})


class RedirectError(Exception):
    """Redirects that are not followed; the text says why, `target` is the last address."""

    def __init__(self, what: str, target: str = "") -> None:
        super().__init__(what)
        self.target = target


class HttpClient:
    """Connections to web servers.

    Args:
        timeout: seconds without a byte after which a server is given up.
        connect_timeout: seconds in which it must accept a connection; by default the same.
    """

    def __init__(self, timeout: float, connect_timeout: float | None = None) -> None:
        self.timeout = timeout
        wait = urllib3.Timeout(connect=connect_timeout or timeout, read=timeout)
        settings: dict[str, Any] = {"maxsize": CONNECTIONS, "retries": False, "timeout": wait}
        self._direct = urllib3.PoolManager(**settings)
        self._proxies: dict[str, urllib3.PoolManager] = {
            scheme: urllib3.ProxyManager(proxy, **settings)
            for scheme, proxy in getproxies().items()
            if scheme in {"http", "https"} and proxy.startswith("http")
        }

    def get(self, address: str, headers: dict[str, str] | None = None) -> Response:
        """Returns a server's response, its body unread; redirects are followed.

        Raises:
            RedirectError: they lead from https to another scheme, or are too many.
            urllib3.exceptions.HTTPError: `reason_of` puts it in words.
        """
        first = urlsplit(address)
        for _ in range(MOST_REDIRECTS + 1):
            parts = urlsplit(address)
            sent = {"Accept-Encoding": "identity", "User-Agent": "spritenet", **(headers or {})}
            if parts.username and parts.hostname == first.hostname:
                login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
                sent |= urllib3.make_headers(basic_auth=login)
            bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
            pool = self._direct
            if parts.scheme in self._proxies and not proxy_bypass(parts.hostname or ""):
                pool = self._proxies[parts.scheme]
            response = pool.request(
                "GET", bare, headers=sent, redirect=False, preload_content=False
            )
            if response.status not in MOVED or "location" not in response.headers:
                return response
            target = urljoin(address, response.headers["location"])
            response.close()
            schemes = {"https"} if parts.scheme == "https" else {"http", "https"}
            if urlsplit(target).scheme not in schemes:
                raise RedirectError("the server leads elsewhere", target)
            address = target
        raise RedirectError(f"the server redirects more than {MOST_REDIRECTS} times")

    def close(self) -> None:
        """Closes the connections."""
        for pool in (self._direct, *self._proxies.values()):
            pool.clear()


def reason_of(error: Exception) -> str:
    """The cause of a failed request, in a few words."""
    cause = error.args[-1] if error.args else None
    if isinstance(cause, BadStatusLine) and not isinstance(cause, RemoteDisconnected):
        return "an invalid response"
    words: dict[type[Exception], str] = {
        SSLError: "its certificate can't be checked",
        NewConnectionError: "can't be reached",  # which is a TimedOutError to urllib3
        TimedOutError: "no answer in time",
        LocationValueError: "no such address",
        ProtocolError: "the connection broke",
    }
    for kind, reason in words.items():
        if isinstance(error, kind):
            return reason
    return f"{type(error).__name__}"
