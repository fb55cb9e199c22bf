"""confusion, class_accuracy, calibration: the quality of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spritenet.charts import ConfusionMatrix, calibration_curve, confidence_histogram
from spritenet.charts.calibration import Calibration
from spritenet.charts.chart import COLOURS
from spritenet.errors import DataError
from spritenet.plots.drawing import draw
from spritenet.plots.figure import (
    FAINT,
    FRACTIONS,
    INK,
    MISTAKES,
    WRONG,
    NotebookFigure,
    checked_names,
    color_scale,
    label_axes,
    new_figure,
    shortened,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["calibration", "class_accuracy", "confusion"]

MOST_CLASSES = 40
"""Classes in one figure; of more, the worst are shown, and the figure says so."""

NUMBERS_UP_TO = 20
"""Classes up to which cells hold their numbers."""


def confusion(
    matrix: ArrayLike, class_names: Sequence[str] | None = None, *, title: str = ""
) -> NotebookFigure:
    """Plots a confusion matrix: rows are true classes, columns predicted ones.

    Blue is right, darker for a larger fraction of the row; orange is wrong, darker where there are
    more mistakes, so that rare ones are seen. Numbers are images. Of more than 40 classes, those
    with the most mistakes are shown.

    Args:
        matrix: (classes, classes), as `spritenet.metrics.confusion_matrix` makes it.
        class_names: 0, 1, … by default.
        title: of the figure.

    Raises:
        DataError: the matrix is not square, or the names don't fit.
    """
    confusion_matrix = ConfusionMatrix.of(*_square(matrix, class_names))
    size = len(confusion_matrix.names)
    side = max(3.0, min(11.0, 1.6 + 0.42 * size))
    figure = new_figure(side + 1.1, side, title)
    axes = figure.add_subplot()
    label_axes(axes, "predicted as", "is", confusion_matrix.note)
    axes.grid(visible=False)
    diagonal = np.eye(size, dtype=bool)
    for cells, colours in ((~diagonal, MISTAKES), (diagonal, FRACTIONS)):
        values = np.where(cells, confusion_matrix.shades, np.nan)
        image = axes.imshow(values, cmap=colours, vmin=0, vmax=1, interpolation="nearest")
    color_scale(figure, image, axes, "right: fraction of the row")
    if confusion_matrix.most_mistakes:
        note = f"orange: mistakes, up to {confusion_matrix.most_mistakes:,.0f}"
        axes.set_title(note, loc="right", fontsize=8, color=FAINT)
    words = [shortened(name, 12) for name in confusion_matrix.names]
    long = max(map(len, words)) > 3
    axes.set_xticks(range(size), words, rotation=90 if long else 0)
    axes.set_yticks(range(size), words)
    if size <= NUMBERS_UP_TO:
        for (row, column), count in np.ndenumerate(confusion_matrix.counts):
            if count:
                dark = row == column and confusion_matrix.shades[row, column] > 0.45
                axes.text(
                    column,
                    row,
                    f"{int(count):,}",
                    ha="center",
                    va="center",
                    fontsize=7,
                    color="white" if dark else INK,
                )
    return figure


def class_accuracy(
    matrix: ArrayLike, class_names: Sequence[str] | None = None, *, title: str = ""
) -> NotebookFigure:
    """Plots the accuracy of each class, from 0 to 1, and its number of images.

    Args:
        matrix: a confusion matrix, (classes, classes).
        class_names: 0, 1, … by default.
        title: of the figure.

    Raises:
        DataError: the matrix is not square, or the names don't fit.
    """
    counts, names = _square(matrix, class_names)
    sums, right = counts.sum(axis=1), np.diag(counts)
    accuracy = np.divide(right, sums, out=np.full(len(sums), np.nan), where=sums > 0)
    chosen, note = np.arange(len(sums)), ""
    if len(sums) > MOST_CLASSES:
        chosen = np.argsort(np.where(np.isnan(accuracy), 2.0, accuracy), kind="stable")[
            :MOST_CLASSES
        ]
        note = f"the {MOST_CLASSES} worst of {len(sums):,} classes"
    figure = new_figure(6.4, 1.1 + 0.27 * len(chosen), title)
    axes = figure.add_subplot()
    label_axes(axes, "accuracy (fraction of the class's images)", "class", note)
    axes.grid(visible=False, axis="y")
    places = np.arange(len(chosen))
    axes.barh(places, np.nan_to_num(accuracy[chosen]), color=COLOURS[0], height=0.7)
    for place, number in enumerate(chosen.tolist()):
        known = not np.isnan(accuracy[number])
        text = f"{100 * accuracy[number]:.1f} % of {int(sums[number]):,}" if known else "no images"
        axes.text(1.02, place, text, va="center", fontsize=8, color=INK if known else FAINT)
    total = float(right.sum() / max(1.0, sums.sum()))
    axes.axvline(total, color=WRONG, linewidth=1, linestyle="--", label=f"all: {100 * total:.1f} %")
    axes.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), labelcolor=INK)
    axes.set_xlim(0, 1)
    axes.set_yticks(places, [shortened(names[n]) for n in chosen.tolist()])
    axes.set_ylim(len(chosen) - 0.4, -0.6)
    return figure


def calibration(bins: Calibration, *, title: str = "") -> NotebookFigure:
    """Plots accuracy against confidence, and the number of images in each bin.

    Args:
        bins: as `spritenet.metrics.calibration` returns them.
        title: of the figure.
    """
    figure = new_figure(5.2, 5.2, title)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    draw(upper, calibration_curve(bins))
    upper.set_xlabel("")
    draw(lower, confidence_histogram(bins))
    lower.set_yscale("symlog", linthresh=1)
    lower.set_ylim(bottom=0)
    lower.set_ylabel("images (log scale)")
    return figure


def _square(
    matrix: ArrayLike, class_names: Sequence[str] | None
) -> tuple[NDArray[np.float64], list[str]]:
    """Returns a square matrix and the names of its classes.

    Raises:
        DataError: the matrix is not square, or the names don't fit.
    """
    counts = np.asarray(matrix, np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size:
        raise DataError("not a confusion matrix", expected="(n, n)", got=counts.shape)
    return counts, checked_names(class_names, len(counts), "classes")
