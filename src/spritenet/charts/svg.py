"""svg: a chart as SVG text, without a library, a script or a style sheet.

Text takes the colour of what is around it, so that a chart reads on light and on dark; a page may
recolour the classes `s1` … `s6`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape

import numpy as np

from spritenet.charts.chart import COLOURS, Bars, Chart, Line
from spritenet.charts.scale import Scale, span

__all__ = ["svg", "svg_row"]

FONT = 11
LETTER = 6.0  # pixels of a letter of that size, about


def svg_row(charts: Iterable[Chart]) -> str:
    """Returns charts side by side as HTML, each with its note below."""
    panels = "".join(
        f'<div style="flex:1 1 300px;max-width:480px">{svg(chart)}'
        f'<div style="opacity:.7">{escape(chart.note)}</div></div>'
        for chart in charts
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:16px">{panels}</div>'


def svg(chart: Chart, size: tuple[int, int] = (400, 250)) -> str:
    """Returns a chart as an <svg> element that is as wide as it may be; without its note.

    Args:
        chart: the data and the words.
        size: width and height in pixels, at which letters have their size.
    """
    width, height = size
    content, x_range, y_range = chart.content, chart.x_range, chart.y_range
    xs, ys = _values(content)
    x_low, x_high = x_range if x_range and x_range[0] < x_range[1] else span(xs)
    y_low, y_high = (
        y_range if y_range and y_range[0] < y_range[1] else span(ys, from_zero=chart.from_zero)
    )
    top = 12 + (18 if chart.names else 0)
    down = Scale(y_low, y_high, height - 40, top, chart.percent)
    ticks = down.ticks(6)
    left = 24 + LETTER * max((len(text) for _, text in ticks), default=1)
    if chart.x_log and not x_range:
        x_low, x_high = min(xs) / 1.3, max(xs) * 1.3
    across = Scale(x_low, x_high, left, width - 12, logarithmic=chart.x_log)
    parts = [
        f'<svg class="chart" viewBox="0 0 {width} {height}" width="100%" role="img"',
        f' aria-label="{escape(chart.description)}" font-size="{FONT}" font-family="inherit"',
        ' fill="currentColor" xmlns="http://www.w3.org/2000/svg">',
        *_axes(across, down, (chart.x_label, chart.y_label), height),
    ]
    if chart.marked is not None:
        x = across.place(chart.marked)
        parts.append(
            f'<path class="marked" d="M{x:.1f} {down.start:.1f}V{down.end:.1f}" '
            'stroke="currentColor" stroke-opacity=".55" stroke-dasharray="2 3"/>'
        )
    for number, item in enumerate(content):
        parts.extend(_bars(item, across, down) if isinstance(item, Bars) else [])
        parts.extend(_line(item, number, across, down) if isinstance(item, Line) else [])
    if chart.names:
        parts.extend(_legend(content, left))
    return "".join((*parts, "</svg>"))


def _values(content: Sequence[Line | Bars]) -> tuple[list[float], list[float]]:
    """Returns all x and all y that are drawn."""
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
    """Yields a grid, its numbers and the labels of the axes."""
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
    """Returns its class, and its colour where no page has another."""
    place = number if item.colour is None else item.colour
    place %= len(COLOURS)
    return f"s{place + 1}", COLOURS[place]


def _line(line: Line, number: int, across: Scale, down: Scale) -> Iterator[str]:
    """Yields its band, its path and its dots."""
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
                    f"{escape(line.name or line.label)}: {a:,g}, {value}</title></circle>"
                )
    if line.label and x and math.isfinite(y[-1]):
        place, height = across.place(x[-1]), down.place(y[-1]) + 3.8
        fits = place + 7 + LETTER * len(line.label) <= across.end
        place, anchor = (place + 7, "start") if fits else (place - 7, "end")
        yield (
            f'<text x="{place:.1f}" y="{height:.1f}" text-anchor="{anchor}">'
            f"{escape(line.label)}</text>"
        )


def _path(x: Sequence[float], y: Sequence[float], across: Scale, down: Scale) -> str:
    """Returns a path through the finite points, with a gap at each other one."""
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
    """Yields a rectangle for each that is finite and not 0."""
    kind, colour = _colour(bars, 0)
    edges = np.asarray(bars.edges, np.float64).tolist()
    zero = down.place(0)
    for number, height in enumerate(np.asarray(bars.heights, np.float64).tolist()):
        if not (math.isfinite(height) and height):
            continue
        x, end, y = across.place(edges[number]), across.place(edges[number + 1]), down.place(height)
        free = max(1.0, bars.gap * (end - x))
        yield (
            f'<rect class="{kind} bar" x="{x + free / 2:.1f}" y="{min(y, zero):.1f}" '
            f'width="{max(0.5, end - x - free):.1f}" height="{abs(zero - y):.1f}" fill="{colour}">'
            f"<title>{edges[number]:.3g} to {edges[number + 1]:.3g}: {height:,g}</title></rect>"
        )


def _legend(content: Sequence[Line | Bars], left: float) -> Iterator[str]:
    """Yields a sample and a name for each, in one row above."""
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
