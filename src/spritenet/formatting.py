"""Numbers and text as people read them, in the terminal and on pages."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "duration",
    "html",
    "html_middle",
    "metric",
    "percent",
    "plural",
    "shape",
    "signed",
]

FEW = 4
"""So many values of a metric are written."""


def percent(fraction: float, digits: int | None = None) -> str:
    """Returns a fraction in per cent, with two digits near the ends, else one.

    Never rounds to 100 % or 0 % what is neither.

    >>> percent(0.5), percent(0.9912), percent(1), percent(0.99999)
    ('50.0 %', '99.12 %', '100 %', '> 99.99 %')
    >>> percent(0.9912, 1)
    '99.1 %'
    """
    if fraction in {0, 1}:
        return f"{100 * fraction:.0f} %"
    if digits is None:
        digits = 2 if fraction > 0.98 or fraction < 0.02 else 1
    text = f"{100 * fraction:.{digits}f}"
    if float(text) == 100:
        return f"> {100 - 10**-digits:.{digits}f} %"
    if float(text) == 0:
        return f"< {10**-digits:.{digits}f} %"
    return f"{text} %"


def plural(count: int, noun: str) -> str:
    """Returns a count and its noun.

    >>> plural(1, "class"), plural(20000, "image")
    ('1 class', '20,000 images')
    """
    ending = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count:,} {noun}{ending}"


def duration(seconds: float) -> str:
    """Returns a duration in its largest units.

    >>> duration(0.2), duration(12.3), duration(754), duration(7200)
    ('0.20 s', '12.3 s', '12 min 34 s', '2 h 0 min')
    """
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def shape(sides: Sequence[int]) -> str:
    """Returns a shape.

    >>> shape((28, 28, 1))
    '28×28×1'
    """
    return "×".join(str(side) for side in sides)


def signed(value: float) -> str:
    """Returns a number with a minus sign instead of a hyphen.

    >>> signed(-2.0), signed(0.5)
    ('−2', '0.5')
    """
    return f"{value:g}".replace("-", "−")


def metric(value: float | Sequence[float], digits: str = ".4f") -> str:
    """Returns the value of a metric, or the first of several.

    >>> metric(0.98765), metric([0.5, 1]), metric([0.1] * 10, ".2g")
    ('0.9877', '[0.5000, 1.0000]', '[0.1, 0.1, 0.1, 0.1, …]')
    """
    if isinstance(value, Sequence):
        words = [f"{each:{digits}}" for each in value[:FEW]]
        return f"[{', '.join(words + ['…'] * (len(value) > FEW))}]"
    return f"{value:{digits}}"


def html(words: object, most: int = 80) -> str:
    """Returns any words on one line of at most `most` characters, escaped for HTML."""
    line = " ".join(str(words).split())
    from html import escape

    return escape(line if len(line) <= most else line[: most - 1] + "…")


def html_middle(words: object, most: int) -> str:
    """Returns the same, shortened in the middle: names often differ only at their end.

    >>> html_middle("species number 27", 11)
    'speci…er 27'
    """
    line = " ".join(str(words).split())
    if len(line) > most:
        last = (most - 1) // 2
        line = f"{line[: most - 1 - last]}…{line[len(line) - last :]}"
    from html import escape

    return escape(line)
