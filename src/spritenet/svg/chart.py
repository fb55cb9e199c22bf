"""chart: lines and bars on labelled axes, as SVG text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from spritenet.svg.scale import Scale, span

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Bars", "Line", "chart"]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b38600", "#56b4e9")
"""Okabe and Ito's, as on our pages."""

FONT = 11
LETTER = 6.0  # pixels of a letter of that size, about


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line of a chart.

    Attributes:
        name: in the legend.
        x: where it is measured, (n,).
        y: what was measured, (n,); NaN leaves a gap.
        low: the lower edge of a band around it, (n,), or None.
        high: the upper edge, or None.
        dots: whether each point has a dot, with its values as a tooltip.
        dashed: drawn faint and dashed: something to compare with.
        colour: its number among the six, or None for its place in the chart.
    """

    name: str
    x: ArrayLike
    y: ArrayLike
    low: ArrayLike | None = None
    high: ArrayLike | None = None
    dots: bool = False
    dashed: bool = False
    colour: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Bars of a chart, from zero.

    Attributes:
        name: in the legend.
        edges: of the bars, (n + 1,).
        heights: (n,).
        colour: its number among the six.
    """

    name: str
    edges: ArrayLike
    heights: ArrayLike
    colour: int = 0


def chart(
    content: Sequence[Line | Bars],
    *,
    label: str,
    x_label: str,
    y_label: str,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    percent: bool = False,
    marked: float | None = None,
    size: tuple[int, int] = (400, 250),
) -> str:
    """A chart as an <svg> element that is as wide as it may be.

    Args:
        content: what to draw, first to last.
        label: what it shows, in a sentence, for those who don't see it.
        x_label: what x is, with its unit.
        y_label: what y is, with its unit.
        x_range: of the axis; by default, and if it is empty, that of the values.
        y_range: likewise.
        percent: whether y is a share, shown in per cent.
        marked: an x to draw a line at.
        size: width and height in pixels, at which letters have their size.
    """
    width, height = size
    xs, ys = _values(content)
    from_zero = any(isinstance(item, Bars) for item in content)
    x_low, x_high = x_range if x_range and x_range[0] < x_range[1] else span(xs)
    y_low, y_high = (
        y_range if y_range and y_range[0] < y_range[1] else span(ys, from_zero=from_zero)
    )
    named = [c for c in content if c.name]
    top = 12 + (18 if len(named) > 1 else 0)
    down = Scale(y_low, y_high, height - 40, top, percent)
    ticks = down.ticks(6)
    left = 24 + LETTER * max((len(text) for _, text in ticks), default=1)
    across = Scale(x_low, x_high, left, width - 12)
    parts = [
        f'<svg class="chart" viewBox="0 0 {width} {height}" width="100%" role="img"',
        f' aria-label="{escape(label)}" font-size="{FONT}" font-family="inherit"',
        ' fill="currentColor" xmlns="http://www.w3.org/2000/svg">',
        *_axes(across, down, (x_label, y_label), height),
    ]
    if marked is not None:
        x = across.place(marked)
        parts.append(
            f'<path class="marked" d="M{x:.1f} {down.start:.1f}V{down.end:.1f}" '
            'stroke="currentColor" stroke-opacity=".55" stroke-dasharray="2 3"/>'
        )
    for number, item in enumerate(content):
        parts.extend(_bars(item, across, down) if isinstance(item, Bars) else [])
        parts.extend(_line(item, number, across, down) if isinstance(item, Line) else [])
    if len(named) > 1:
        parts.extend(_legend(content, left))
    return "".join((*parts, "</svg>"))


def _values(content: Sequence[Line | Bars]) -> tuple[list[float], list[float]]:
    """All x and all y that are drawn."""
    xs: list[float] = []
    ys: list[float] = []
    for item in content:
        if isinstance(item, Bars):
            xs.extend(np.asarray(item.edges, np.float64).tolist())
            ys.extend(np.asarray(item.heights, np.float64).tolist())
            continue
        xs.extend(np.asarray(item.x, np.float64).tolist())
        for values in (item.y, item.low, item.high):
            if values is not None:
                ys.extend(np.asarray(values, np.float64).tolist())
    return xs, ys


def _axes(across: Scale, down: Scale, labels: tuple[str, str], height: int) -> Iterator[str]:
    """A grid, its numbers, and what the axes measure."""
    left, right = across.start, across.end
    bottom, top = down.start, down.end
    for value, text in down.ticks(6):
        y = down.place(value)
        yield (
            f'<path class="grid" d="M{left:.1f} {y:.1f}H{right:.1f}" stroke="currentColor" '
            'stroke-opacity=".16"/>'
            f'<text x="{left - 6:.1f}" y="{y + 3.8:.1f}" text-anchor="end">{text}</text>'
        )
    ticks = across.ticks(7)
    if LETTER * max((len(text) for _, text in ticks), default=0) > 38:
        ticks = across.ticks(5)
    for value, text in ticks:
        x = across.place(value)
        width = LETTER * len(text)
        anchor = "end" if x + width / 2 > right + 12 else "middle"
        yield (
            f'<path d="M{x:.1f} {bottom:.1f}v4" stroke="currentColor" stroke-opacity=".5"/>'
            f'<text x="{x:.1f}" y="{bottom + 16:.1f}" text-anchor="{anchor}">{text}</text>'
        )
    middle = (top + bottom) / 2
    yield (
        f'<path d="M{left:.1f} {bottom:.1f}H{right:.1f}" stroke="currentColor" '
        'stroke-opacity=".5"/>'
        f'<text x="{(left + right) / 2:.1f}" y="{height - 6}" text-anchor="middle">'
        f"{escape(labels[0])}</text>"
        f'<text transform="translate(11 {middle:.1f}) rotate(-90)" text-anchor="middle">'
        f"{escape(labels[1])}</text>"
    )


def _colour(item: Line | Bars, number: int) -> tuple[str, str]:
    """Its class, and its colour where no page says another."""
    place = number if item.colour is None else item.colour
    place %= len(COLOURS)
    return f"s{place + 1}", COLOURS[place]


def _line(line: Line, number: int, across: Scale, down: Scale) -> Iterator[str]:
    """Its band, its path and its dots."""
    kind, colour = _colour(line, number)
    x = np.asarray(line.x, np.float64).tolist()
    y = np.asarray(line.y, np.float64).tolist()
    if line.low is not None and line.high is not None:
        low = np.asarray(line.low, np.float64).tolist()
        high = np.asarray(line.high, np.float64).tolist()
        there = [i for i in range(len(x)) if math.isfinite(low[i]) and math.isfinite(high[i])]
        edge = [(x[i], high[i]) for i in there] + [(x[i], low[i]) for i in reversed(there)]
        points = " ".join(f"{across.place(a):.1f},{down.place(b):.1f}" for a, b in edge)
        yield (
            f'<polygon class="{kind} band" points="{points}" fill="{colour}" fill-opacity=".18"/>'
        )
    dash = ' stroke-dasharray="5 4" stroke-opacity=".7"' if line.dashed else ""
    stroke = "currentColor" if line.dashed else colour
    name = "dashed" if line.dashed else kind
    yield (
        f'<path class="{name} line" d="{_path(x, y, across, down)}" fill="none" '
        f'stroke="{stroke}" stroke-width="1.6" stroke-linejoin="round"{dash}/>'
    )
    if line.dots:
        for a, b in zip(x, y, strict=True):
            if math.isfinite(b):
                value = f"{100 * b:.2f} %" if down.percent else f"{b:.4g}"
                yield (
                    f'<circle class="{kind} dot" cx="{across.place(a):.1f}" '
                    f'cy="{down.place(b):.1f}" r="3.2" fill="{colour}"><title>'
                    f"{escape(line.name)}: {a:,g}, {value}</title></circle>"
                )


def _path(x: Sequence[float], y: Sequence[float], across: Scale, down: Scale) -> str:
    """A path through the finite points, lifted where one is not."""
    steps: list[str] = []
    lifted = True
    for a, b in zip(x, y, strict=True):
        if not (math.isfinite(a) and math.isfinite(b)):
            lifted = True
            continue
        steps.append(f"{'M' if lifted else 'L'}{across.place(a):.1f} {down.place(b):.1f}")
        lifted = False
    return "".join(steps)


def _bars(bars: Bars, across: Scale, down: Scale) -> Iterator[str]:
    """One rectangle for each that is there."""
    kind, colour = _colour(bars, 0)
    edges = np.asarray(bars.edges, np.float64).tolist()
    zero = down.place(0)
    for number, height in enumerate(np.asarray(bars.heights, np.float64).tolist()):
        if not (math.isfinite(height) and height):
            continue
        x, end, y = across.place(edges[number]), across.place(edges[number + 1]), down.place(height)
        yield (
            f'<rect class="{kind} bar" x="{x + 0.5:.1f}" y="{min(y, zero):.1f}" '
            f'width="{max(0.5, end - x - 1):.1f}" height="{abs(zero - y):.1f}" fill="{colour}">'
            f"<title>{edges[number]:.3g} to {edges[number + 1]:.3g}: {height:,g}</title></rect>"
        )


def _legend(content: Sequence[Line | Bars], left: float) -> Iterator[str]:
    """A sample and a name for each, in one row above."""
    x = left
    for number, item in enumerate(content):
        if not item.name:
            continue
        kind, colour = _colour(item, number)
        if isinstance(item, Line) and item.dashed:
            kind, colour = "dashed", "currentColor"
            dash = ' stroke-dasharray="5 4" stroke-opacity=".7"'
        else:
            dash = ""
        yield (
            f'<path class="{kind} line" d="M{x:.1f} 12h18" fill="none" stroke="{colour}" '
            f'stroke-width="2.4"{dash}/><text x="{x + 23:.1f}" y="16">{escape(item.name)}</text>'
        )
        x += 23 + LETTER * len(item.name) + 16
