"""Natural order: names that hold numbers are sorted by their value, "2" before "10".

It is the one order of class names, wherever they come from: arrays, folders, archives and tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["in_natural_order", "natural"]

DIGITS = re.compile(r"(\d+)")


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts numbers in names by their value, however long they are.

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
    """A number's key: of two without leading zeros, the longer is the larger."""
    short = digits.lstrip("0")
    return 0, len(short), short


def in_natural_order(names: Iterable[str]) -> tuple[str, ...]:
    """Different names in natural order; those that differ in case or zeros only, as Python has it.

    >>> in_natural_order(["10", "2", "cat", "2"])
    ('2', '10', 'cat')
    """
    return tuple(sorted(set(names), key=lambda name: (natural(name), name)))
