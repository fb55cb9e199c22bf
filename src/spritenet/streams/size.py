"""Numbers of bytes as people write them."""

from __future__ import annotations

import re

from spritenet.errors import InputError

__all__ = ["as_bytes"]

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
BINARY = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


def as_bytes(size: int | str, where: str, least: int = 0) -> int:
    """A number of bytes.

        >>> as_bytes("400MB", "memory"), as_bytes("1.5 GiB", "memory"), as_bytes(4096, "memory")
        (400000000, 1610612736, 4096)

    Args:
        size: a number, or a text like "400MB", "1.5GiB" or "4096".
        where: what it is, for errors.
        least: how many there must be.

    Raises:
        InputError: it isn't one, or there are fewer than `least`.
    """
    number = size
    if isinstance(size, str):
        found = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*([kmgt]?i?)b?\s*", size.lower())
        factor = (UNITS | BINARY).get(found[2]) if found else None
        number = int(float(found[1]) * factor) if found and factor else -1
    if not isinstance(number, int) or number < least:
        expected = "a size like 400MB or 2GiB" + (f", {least:,} bytes or more" if least else "")
        raise InputError("this is no number of bytes", where=where, expected=expected, got=size)
    return number
