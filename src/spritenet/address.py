"""Addresses, such as `https://…` and `s3://…`: recognized, converted and shown without secrets."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["address_of", "is_address", "path_of", "redact"]

SCHEME = re.compile(r"[A-Za-z][\w+.:-]+")
"""Two letters or more, since one is a drive of Windows; fsspec chains them: `simplecache::s3`."""

COLLAPSED = re.compile(rf"({SCHEME.pattern}):[/\\](?=[^/\\]|$)")
"""An address after `pathlib`, which makes one slash of two."""


def is_address(where: object) -> bool:
    """Returns whether this is an address, such as https://…, and not a path."""
    scheme, mark, _ = str(where).partition("://")
    return bool(mark) and SCHEME.fullmatch(scheme) is not None


def address_of(where: object) -> str:
    """Returns the address in a string or path object; "" for a path.

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
    """Returns the path of a `file://…` address."""
    from urllib.request import url2pathname  # with http and ssl, which few need

    return Path(url2pathname(urlsplit(address).path))


def redact(address: str) -> str:
    """Returns an address for messages, without password, query and fragment."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address.rpartition("@")[2].partition("?")[0]
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="", fragment="").geturl()
