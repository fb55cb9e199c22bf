"""Errors that begin with the file they come from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spritenet.errors import ModelError

__all__ = ["located", "shown"]


@contextmanager
def located(where: Path) -> Iterator[None]:
    """Put the file before the place a ModelError names, and shorten what it quotes.

    Raises:
        ModelError: the one raised inside, with the file.
    """
    try:
        yield
    except ModelError as error:
        place = f"{where}: {error.where}" if error.where else where
        got = shown(error.got) if len(error.got) > 80 else error.got
        raise ModelError(
            error.what, where=place, expected=error.expected, got=got, do=error.do
        ) from error


def shown(value: object) -> str:
    """A value of an unknown file as it may stand in a message: one short line of plain signs."""
    text = value if isinstance(value, str) else repr(value)
    text = ascii(text)[1:-1] if not text.isascii() or not text.isprintable() else text
    return text if len(text) <= 80 else text[:77] + "…"
