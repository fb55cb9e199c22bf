"""A history as HTML, for notebooks: its curves, and a row of figures an epoch."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from spritenet.svg import Line, Thinned, chart

if TYPE_CHECKING:
    from spritenet.training.history import History

__all__ = ["history_html"]

MOST_ROWS = 20
"""Epochs in the table: of more, the last ones."""

CELL = 'style="text-align:right;padding:2px 8px"'


def history_html(history: History) -> str:
    """Curves and table, light or dark."""
    pictures = "".join(
        f'<div style="flex:1 1 300px;max-width:480px">{_curve(history, what)}</div>'
        for what in history.metrics
        if history.steps
    )
    names = list(history.history)
    head = "".join(f"<th {CELL}>{escape(name)}</th>" for name in ("epoch", *names))
    first = max(0, len(history.epoch) - MOST_ROWS)
    rows = []
    for place in range(first, len(history.epoch)):
        figures = [history.history[name] for name in names]
        cells = "".join(
            f"<td {CELL}>{figure[place]:.4g}</td>" if place < len(figure) else "<td></td>"
            for figure in figures
        )
        rows.append(f"<tr><td {CELL}>{history.epoch[place] + 1}</td>{cells}</tr>")
    return (
        f"<div>{escape(repr(history)[1:-1])}</div>"
        f'<div style="display:flex;flex-wrap:wrap;gap:16px">{pictures}</div>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _curve(history: History, what: str) -> str:
    """One figure against steps."""
    curve = Thinned()
    for event in history.steps:
        curve.add(event.step, getattr(event, what))
    name = "training" if curve.each == 1 else f"training (means of {curve.each:,}, range)"
    lines = [Line(name, curve.x, curve.y, curve.low, curve.high)]
    if history.evaluations:
        tested = [getattr(event, what) for event in history.evaluations]
        steps = [event.step for event in history.evaluations]
        lines.append(Line("validation", steps, tested, dots=True))
    label = f"{what} against steps; at the end of training {curve.y[-1]:.4g}"
    return chart(lines, label=label, x_label="step", y_label=what, percent=what == "accuracy")
