"""Natural order: names sorted by the numbers in them, "2" before "10".

All readers sort class names so: of arrays, folders, archives and tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["in_natural_order", "natural"]

DIGITS = re.compile(r"(\d+)")


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Returns a sort key that compares numbers in names by their values.

    >>> sorted(["img10", "img9", "B", "a"], key=natural)
    ['a', 'B', 'img9', 'img10']
    """
    pieces = DIGITS.split(text.casefold())
    return tuple(
        _number(piece) if number % 2 else (1, 0, piece)
        for number, piece in enumerate(pieces)
        if piece
    )


def _number(digits: str) -> tuple[int, int, str]:
    """Returns a number's key: without leading zeros, the longer one is larger."""
    short = digits.lstrip("0")
    return 0, len(short), short


def in_natural_order(names: Iterable[str]) -> tuple[str, ...]:
    """Returns the different names in natural order, ties in code point order.

    >>> in_natural_order(["10", "2", "cat", "2"])
    ('2', '10', 'cat')
    """
    return tuple(sorted(set(names), key=lambda name: (natural(name), name)))
