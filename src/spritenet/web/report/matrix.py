"""The confusion matrix of a report: a table whose cells show their images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from spritenet.charts import ConfusionMatrix
from spritenet.formatting import html, html_middle, percent, plural
from spritenet.report import Report
from spritenet.web.report.sections import section
from spritenet.web.report.sheet import COLUMNS, Sheet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.model.predictions import Predictions

__all__ = ["confusion"]

IN_A_CELL = 60
"""Images of a cell, at most; half as many where they were right."""

STEPS = 8
"""Shades of a cell."""


def confusion(report: Report, sheet: Sheet) -> str:
    """The table, the place for a cell's images, and those images' numbers."""
    found = report.predictions
    shown = ConfusionMatrix.of(found.confusion, found.class_names)
    rows = [_row(shown, number) for number in range(len(shown.classes))]
    heads = "".join(
        f'<th scope=col title="{html(name)}">{html_middle(name, 10)}</th>' for name in shown.names
    )
    few = len(shown.names) <= 12
    kinds = " long" * (max(map(len, shown.names)) > 3) + " few" * few
    part = f"{shown.note[0].upper()}{shown.note[1:]}. " if shown.note else ""
    note = (
        f'<p class="small faint">{part}Rows: true classes. Columns: predicted classes. '
        "Blue: right, darker for a larger fraction of the row. Orange: mistakes, darker where "
        "there are more. Choose a cell to see its images; arrow keys move.</p>"
    )
    table = (
        f'<div>{note}<div class="scroll"><table class="matrix{kinds}">'
        '<caption class="visually-hidden">Confusion matrix</caption>'
        f"<thead><tr><td></td>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div></div>"
    )
    pane = (
        '<div id="cell" class="cell"><h3 id="cell-title" aria-live="polite"></h3>'
        '<p id="cell-note" class="small faint"></p><div id="cell-images" class="gallery"></div>'
        "<noscript>Choosing a cell needs JavaScript; nothing else here does.</noscript></div>"
    )
    cells = _payload(found, sheet, shown.classes)
    data = json.dumps(cells, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    script = f'<script type="application/json" id="cells">{data}</script>'
    halves = f'<div class="halves{"" if few else " wide"}">{table}{pane}</div>'
    return section("confusion", "Confusion matrix", halves, script)


def _row(shown: ConfusionMatrix, row: int) -> str:
    """Returns one class's row."""
    true = html(shown.names[row], 30)
    cells = []
    for column, name in enumerate(shown.names):
        count = int(shown.counts[row, column])
        if not count:
            cells.append("<td></td>")
            continue
        shade = max(1, round(STEPS * float(shown.shades[row, column])))
        kind = "r" if row == column else "w"
        place = f"{shown.classes[row]},{shown.classes[column]}"
        answer = "right" if row == column else f"predicted as {html(name, 30)}"
        cells.append(
            f'<td class="{kind}{shade}"><button type="button" data-cell="{place}" '
            f'aria-label="{plural(count, "image")} of {true} {answer}">{count}</button></td>'
        )
    name = shown.names[row]
    head = f'<th scope=row title="{html(name)}">{html_middle(name, 16)}</th>'
    return f"<tr>{head}{''.join(cells)}</tr>"


def _payload(found: Predictions, sheet: Sheet, chosen: NDArray[np.int64]) -> dict[str, object]:
    """What the script needs to show a cell: tiles by cell, and where tiles lie.

    Mistakes first, those cells with the fewest images first, so that each has something to show
    when there isn't room for all. Mistakes by falling confidence; of those that were right, the
    least certain.
    """
    shown = np.zeros(len(found.class_names), bool)
    shown[chosen] = True
    labels, predicted, confidence = found.labels, found.predicted, found.confidence
    inside = shown[labels] & shown[predicted]
    members: dict[tuple[int, int], list[int]] = {}
    # Each cell's images come in this order: the surest mistakes, the least sure of what is right.
    order = np.argsort(np.where(found.right, confidence, -confidence), kind="stable")
    for i in order[inside[order]].tolist():
        members.setdefault((int(labels[i]), int(predicted[i])), []).append(i)
    cells: dict[str, list[list[object]]] = {}
    for (is_, taken), images in sorted(
        members.items(), key=lambda item: (item[0][0] == item[0][1], len(item[1]), item[0])
    ):
        kept: list[list[object]] = []
        for i in images[: IN_A_CELL // (2 if is_ == taken else 1)]:
            if sheet.full and kept:
                break
            kept.append([sheet.add(found.images[i]), percent(float(confidence[i])), i])
        cells[f"{is_},{taken}"] = kept
    names = {str(n): found.class_names[n] for n in chosen.tolist()}
    return {
        "names": names,
        "cells": cells,
        "tile": [sheet.width, sheet.height, COLUMNS],
        "counts": {f"{a},{b}": len(images) for (a, b), images in members.items()},
    }
