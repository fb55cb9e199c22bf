"""Host and Origin headers that belong to this server.

A page on evil.example can make its name lead to 127.0.0.1 (DNS rebinding) and then ask this server
as if it were its own; its requests still carry `Host: evil.example`. So only known names, and
addresses of this machine, are answered.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass

__all__ = ["Hosts", "is_loopback", "is_wildcard", "written"]

HOST = re.compile(r"(?P<name>[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True, slots=True)
class Hosts:
    """The allowed values of a Host header.

    Attributes:
        port: the server's.
        names: in lower case, IPv6 addresses in brackets.
        addresses: True allows any IP address, which DNS rebinding can't forge.
    """

    port: int
    names: frozenset[str]
    addresses: bool = False

    @classmethod
    def of(cls, host: str, port: int) -> Hosts:
        """Returns those of a server bound to this host and port."""
        if is_wildcard(host):
            own = socket.gethostname().lower()
            return cls(port, LOOPBACK | {own, f"{own}.local"}, addresses=True)
        return cls(port, LOOPBACK if is_loopback(host) else frozenset({written(host)}))

    def allow(self, header: str | None) -> bool:
        """Returns True if a request with this Host header is meant for this server."""
        parts = HOST.fullmatch((header or "").lower())
        if parts is None or int(parts["port"] or 80) != self.port:
            return False
        return parts["name"] in self.names or (self.addresses and _is_address(parts["name"]))


def is_wildcard(host: str) -> bool:
    """Returns whether a server bound to this host listens on every address."""
    return host in {"", "0.0.0.0", "::"}  # noqa: S104 - compared, not bound


def is_loopback(host: str) -> bool:
    """Returns whether a server bound to this host can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def written(host: str) -> str:
    """The host as in an address: lower case, an IPv6 address in brackets."""
    return f"[{host.lower()}]" if ":" in host else host.lower()


def _is_address(name: str) -> bool:
    """Returns whether this is an IP address."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
