"""Settings of a stream: memory, workers and the order of its images."""

from __future__ import annotations

import re
from dataclasses import dataclass

from spritenet.errors import InputError
from spritenet.streams.sample_order import Kind

__all__ = ["StreamSettings", "parse_bytes"]

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
BINARY = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """Options of a stream.

    Args:
        memory: bytes for inflated images: half of them for prefetched ones, half for the cache of
            segments.
        workers: threads that fetch and inflate.
        far: True if each request takes long.
        order: "shuffled" or "windowed"; None chooses by size.
        chunk: images of a chunk of the windowed order; None chooses by kind of access.
        window: chunks in a window; None as many as memory allows.

    Raises:
        InputError: an option is out of range.
    """

    memory: int
    workers: int
    far: bool = False
    order: Kind | None = None
    chunk: int | None = None
    window: int | None = None

    def __post_init__(self) -> None:
        if self.order not in {None, "shuffled", "windowed"}:
            raise InputError(
                "unknown order",
                where="order",
                expected='"shuffled" or "windowed"',
                got=self.order,
            )
        for what, number in (("chunk", self.chunk), ("window", self.window)):
            if number is not None and number < 1:
                raise InputError(f"{what} is too small", expected="at least 1", got=number)


def parse_bytes(size: int | str, where: str, least: int = 0) -> int:
    """Returns a number of bytes.

        >>> parse_bytes("400MB", "memory"), parse_bytes("1.5 GiB", "memory")
        (400000000, 1610612736)

    Args:
        size: a number, or a text like "400MB", "1.5GiB" or "4096".
        where: the option, for errors.
        least: the smallest number allowed.

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
        raise InputError("invalid number of bytes", where=where, expected=expected, got=size)
    return number
