"""Figures as people read them."""

from __future__ import annotations

__all__ = ["percent", "plural", "seconds", "shape"]


def percent(share: float, digits: int | None = None) -> str:
    """A share in per cent, with one digit, or two near the ends; or with so many digits.

    >>> percent(0.5), percent(0.9912), percent(0.9912, 1)
    ('50.0 %', '99.12 %', '99.1 %')
    """
    if digits is None:
        digits = 2 if share > 0.98 or 0 < share < 0.02 else 1
    return f"{100 * share:.{digits}f} %"


def plural(count: int, noun: str) -> str:
    """A count and its noun.

    >>> plural(1, "class"), plural(20000, "image")
    ('1 class', '20,000 images')
    """
    ending = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count:,} {noun}{ending}"


def seconds(value: float) -> str:
    """A duration.

    >>> seconds(0.2), seconds(12.3), seconds(754)
    ('0.20 s', '12.3 s', '12 min 34 s')
    """
    if value < 60:
        return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def shape(sides: tuple[int, ...]) -> str:
    """A shape.

    >>> shape((28, 28, 1))
    '28×28×1'
    """
    return "×".join(str(side) for side in sides)
