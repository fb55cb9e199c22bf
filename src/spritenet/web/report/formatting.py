"""Figures as people read them, and names as they may stand in HTML."""

from __future__ import annotations

from html import escape

__all__ = ["clock", "level", "middle", "percent", "plural", "text"]


def text(words: object, most: int = 80) -> str:
    """Any words, on one line, no longer than that, escaped."""
    line = " ".join(str(words).split())
    return escape(line if len(line) <= most else line[: most - 1] + "…")


def middle(words: object, most: int) -> str:
    """Any words, on one line, cut in the middle: names often differ only at their end.

    >>> middle("species number 27", 11)
    'speci…er 27'
    """
    line = " ".join(str(words).split())
    if len(line) > most:
        last = (most - 1) // 2
        line = f"{line[: most - 1 - last]}…{line[len(line) - last :]}"
    return escape(line)


def percent(share: float, digits: int | None = None) -> str:
    """A share in per cent; two digits near the ends. Never 100 % of what is not all.

    >>> percent(0.5), percent(0.9912), percent(1), percent(0.99999)
    ('50.0 %', '99.12 %', '100 %', '> 99.99 %')
    """
    if share in {0, 1}:
        return f"{100 * share:.0f} %"
    if digits is None:
        digits = 2 if share > 0.98 or share < 0.02 else 1
    figure = f"{100 * share:.{digits}f}"
    if float(figure) == 100:
        return f"> {100 - 10**-digits:.{digits}f} %"
    if float(figure) == 0:
        return f"< {10**-digits:.{digits}f} %"
    return f"{figure} %"


def plural(count: int, noun: str) -> str:
    """A count and its noun.

    >>> plural(1, "class"), plural(20000, "image")
    ('1 class', '20,000 images')
    """
    ending = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count:,} {noun}{ending}"


def clock(seconds: float) -> str:
    """A duration.

    >>> clock(0.21), clock(75), clock(7200)
    ('0.21 s', '1 min 15 s', '2 h 0 min')
    """
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def level(value: float) -> str:
    """A level of a change, with a proper minus.

    >>> level(-2.0), level(0.5)
    ('−2', '0.5')
    """
    return f"{value:g}".replace("-", "−")
