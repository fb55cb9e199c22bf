"""Access keys: a token that opens once, and the cookie it is exchanged for.

The token stands in the address that is opened or printed. Addresses are seen by others (a process
list, a history, a screen that is shared), so it is worth nothing after its first use.
"""

from __future__ import annotations

import hmac
import secrets

__all__ = ["Keys"]


class Keys:
    """The tokens and the cookie of one server.

    Args:
        port: cookies are kept by host, not by port, so each port's has a name of its own.
    """

    def __init__(self, port: int) -> None:
        self.cookie = f"spritenet-{port}"
        self._session = secrets.token_urlsafe(32)
        self._token = ""

    @property
    def waiting(self) -> bool:
        """Returns whether there is a token that has not been used."""
        return self._token != ""

    def token(self) -> str:
        """A new token; an older one is no longer good."""
        self._token = secrets.token_urlsafe(24)
        return self._token

    def exchange(self, token: str) -> str | None:
        """The `Set-Cookie` header for a token that was not used before, which is used now."""
        if not self.waiting or not _same(token, self._token):
            return None
        self._token = ""
        return f"{self.cookie}={self._session}; Path=/; HttpOnly; SameSite=Strict"

    def open(self, cookies: dict[str, str]) -> bool:
        """Returns whether a request with these cookies comes from a browser that had a token."""
        return _same(cookies.get(self.cookie, ""), self._session)


def _same(given: str, secret: str) -> bool:
    """Returns whether they are equal, in a time that doesn't tell where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode())
