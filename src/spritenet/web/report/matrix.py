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
"""Images of a cell, at most; half as many on the diagonal."""

STEPS = 8
"""Shades of a cell."""


def confusion(report: Report, sheet: Sheet) -> str:
    """Returns the table, the pane for a cell's images, and the tiles of these images."""
    predictions = report.predictions
    matrix = ConfusionMatrix.of(predictions.confusion, predictions.class_names)
    rows = [_row(matrix, number) for number in range(len(matrix.classes))]
    heads = "".join(
        f'<th scope=col title="{html(name)}">{html_middle(name, 10)}</th>' for name in matrix.names
    )
    few = len(matrix.names) <= 12
    kinds = " long" * (max(map(len, matrix.names)) > 3) + " few" * few
    part = f"{matrix.note[0].upper()}{matrix.note[1:]}. " if matrix.note else ""
    note = (
        f'<p class="small faint">{part}Rows: true classes. Columns: predicted classes. '
        "Blue: right, darker for a larger fraction of the row. Orange: mistakes, darker where "
        "there are more. Choose a cell to see its images; arrow keys move.</p>"
    )
    table = (
        f"<div>{note}"
        '<div class="scroll" tabindex="0" role="region" aria-label="Predictions by class">'
        f'<table class="matrix{kinds}">'
        '<caption class="visually-hidden">Confusion matrix</caption>'
        f"<thead><tr><td></td>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div></div>"
    )
    pane = (
        '<div id="cell" class="cell"><h3 id="cell-title" aria-live="polite"></h3>'
        '<p id="cell-note" class="small faint"></p><div id="cell-images" class="gallery"></div>'
        "<noscript>Choosing a cell needs JavaScript; nothing else here does.</noscript></div>"
    )
    cells = _payload(predictions, sheet, matrix.classes)
    data = json.dumps(cells, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    script = f'<script type="application/json" id="cells">{data}</script>'
    halves = f'<div class="halves{"" if few else " wide"}">{table}{pane}</div>'
    return section("confusion", "Confusion matrix", halves, script)


def _row(matrix: ConfusionMatrix, row: int) -> str:
    """Returns one class's row."""
    true = html(matrix.names[row], 30)
    cells = []
    for column, name in enumerate(matrix.names):
        count = int(matrix.counts[row, column])
        if not count:
            cells.append("<td></td>")
            continue
        shade = max(1, round(STEPS * float(matrix.shades[row, column])))
        kind = "r" if row == column else "w"
        place = f"{matrix.classes[row]},{matrix.classes[column]}"
        answer = "right" if row == column else f"predicted as {html(name, 30)}"
        cells.append(
            f'<td class="{kind}{shade}"><button type="button" data-cell="{place}" '
            f'aria-label="{plural(count, "image")} of {true} {answer}">{count}</button></td>'
        )
    name = matrix.names[row]
    head = f'<th scope=row title="{html(name)}">{html_middle(name, 16)}</th>'
    return f"<tr>{head}{''.join(cells)}</tr>"


def _payload(
    predictions: Predictions, sheet: Sheet, chosen: NDArray[np.int64]
) -> dict[str, object]:
    """Returns the script's data: the tiles of each cell, names, counts and the size of a tile.

    Tiles are given to mistakes first, to cells with few images first, so that each cell has one
    if there isn't room for all. Mistakes come by falling confidence, right predictions by rising.
    """
    is_chosen = np.zeros(len(predictions.class_names), bool)
    is_chosen[chosen] = True
    labels, predicted, confidence = (
        predictions.labels,
        predictions.predicted,
        predictions.confidence,
    )
    inside = is_chosen[labels] & is_chosen[predicted]
    members: dict[tuple[int, int], list[int]] = {}
    order = np.argsort(np.where(predictions.right, confidence, -confidence), kind="stable")
    for i in order[inside[order]].tolist():
        members.setdefault((int(labels[i]), int(predicted[i])), []).append(i)
    cells: dict[str, list[list[object]]] = {}
    for (true, answer), images in sorted(
        members.items(), key=lambda item: (item[0][0] == item[0][1], len(item[1]), item[0])
    ):
        tiles: list[list[object]] = []
        for i in images[: IN_A_CELL // (2 if true == answer else 1)]:
            if sheet.full and tiles:
                break
            tiles.append([sheet.add(predictions.images[i]), percent(float(confidence[i])), i])
        cells[f"{true},{answer}"] = tiles
    names = {str(n): predictions.class_names[n] for n in chosen.tolist()}
    return {
        "names": names,
        "cells": cells,
        "tile": [sheet.width, sheet.height, COLUMNS],
        "counts": {f"{a},{b}": len(images) for (a, b), images in members.items()},
    }
