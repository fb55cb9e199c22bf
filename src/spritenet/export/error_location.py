"""Errors that begin with the file they come from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spritenet.errors import ModelError

__all__ = ["located", "quoted"]


@contextmanager
def located(where: Path) -> Iterator[None]:
    """Puts the file before the place that a ModelError names, and shortens what it quotes.

    Raises:
        ModelError: the one raised inside, with the file.
    """
    try:
        yield
    except ModelError as error:
        place = f"{where}: {error.where}" if error.where else where
        got = quoted(error.got) if len(error.got) > 80 else error.got
        raise ModelError(
            error.what, where=place, expected=error.expected, got=got, do=error.do
        ) from error


def quoted(value: object) -> str:
    """Returns a value of an untrusted file for a message: one short line of printable ASCII.

    Of an error, its words.
    """
    if isinstance(value, Exception):
        value = "it is nested too deeply" if isinstance(value, RecursionError) else str(value)
    text = value if isinstance(value, str) else repr(value)
    text = ascii(text)[1:-1] if not text.isascii() or not text.isprintable() else text
    return text if len(text) <= 80 else text[:77] + "…"
