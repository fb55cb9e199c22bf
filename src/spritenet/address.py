"""Addresses, such as `https://…` and `s3://…`: told from paths, and shown without secrets."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["address_of", "is_address", "path_of", "shown"]

SCHEME = re.compile(r"[A-Za-z][\w+.:-]+")
"""Two letters and more: one is a drive of Windows. fsspec chains them: `simplecache::s3`."""

COLLAPSED = re.compile(rf"({SCHEME.pattern}):[/\\](?=[^/\\]|$)")
"""What `pathlib` makes of an address: two slashes become one."""


def is_address(where: object) -> bool:
    """Whether this is an address, such as https://…, and no path."""
    scheme, mark, _ = str(where).partition("://")
    return bool(mark) and SCHEME.fullmatch(scheme) is not None


def address_of(where: object) -> str:
    """The address that is meant, "" for a path.

    >>> from pathlib import Path
    >>> address_of(Path("s3://bucket/digits.png")), address_of("runs/s3")
    ('s3://bucket/digits.png', '')
    """
    text = os.fspath(where) if isinstance(where, os.PathLike) else str(where)
    text = os.fsdecode(text)
    if isinstance(where, os.PathLike):
        match = COLLAPSED.match(text)
        if match:
            rest = text[match.end() :].replace("\\", "/")
            return f"{match[1]}://{'/' if match[1] == 'file' else ''}{rest}"
    return text if is_address(text) else ""


def path_of(address: str) -> Path:
    """The path that `file://…` leads to."""
    from urllib.request import url2pathname  # with http and ssl, which few need

    return Path(url2pathname(urlsplit(address).path))


def shown(address: str) -> str:
    """An address for messages: without a password, and without what may be a signature."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address.rpartition("@")[2].partition("?")[0]
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="", fragment="").geturl()
