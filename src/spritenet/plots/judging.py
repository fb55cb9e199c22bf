"""confusion, class_accuracy, calibration: how good predictions are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from spritenet.errors import DataError
from spritenet.plots.figure import (
    FAINT,
    INK,
    MISTAKES,
    SERIES,
    SHARES,
    WRONG,
    Picture,
    checked_names,
    labelled,
    opened,
    scale,
    shortened,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["calibration", "class_accuracy", "confusion"]

MOST_CLASSES = 40
"""Classes in one picture; of more, those with the most mistakes are shown, and that is said."""

NUMBERS_UP_TO = 20
"""Classes up to which cells hold their numbers."""


class Bins(Protocol):
    """What `spritenet.metrics.calibration` returns."""

    @property
    def edges(self) -> NDArray[np.float64]: ...
    @property
    def count(self) -> NDArray[np.int64]: ...
    @property
    def confidence(self) -> NDArray[np.float64]: ...
    @property
    def accuracy(self) -> NDArray[np.float64]: ...
    @property
    def error(self) -> float: ...


def confusion(
    matrix: ArrayLike, class_names: Sequence[str] | None = None, *, title: str = ""
) -> Picture:
    """A confusion matrix: rows are what images are, columns what they were predicted as.

    Blue is right, darker for a larger share of the row; orange is wrong, darker where there are
    more mistakes, so that rare ones are seen. Numbers are images. Of more than 40 classes, those
    with the most mistakes are shown.

    Args:
        matrix: (classes, classes), as `spritenet.metrics.confusion_matrix` makes it.
        class_names: 0, 1, … by default.
        title: above it.

    Raises:
        DataError: the matrix is not square, or the names don't fit.
    """
    counts, names, note = _most_confused(*_square(matrix, class_names))
    size = len(names)
    side = max(3.0, min(11.0, 1.6 + 0.42 * size))
    figure = opened(side + 1.1, side, title)
    axes = figure.add_subplot()
    labelled(axes, "predicted as", "is", note)
    axes.grid(visible=False)
    sums = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, sums, out=np.zeros(counts.shape), where=sums > 0)
    diagonal = np.eye(size, dtype=bool)
    wrong = np.where(diagonal, np.nan, counts)
    most = float(np.nanmax(wrong)) if size > 1 else 0.0
    axes.imshow(wrong, cmap=MISTAKES, vmin=0, vmax=most or 1, interpolation="nearest")
    right = np.where(diagonal, shares, np.nan)
    shown = axes.imshow(right, cmap=SHARES, vmin=0, vmax=1, interpolation="nearest")
    scale(figure, shown, axes, "right: share of the row")
    if most:
        said = f"orange: mistakes, up to {most:,.0f}"
        axes.set_title(said, loc="right", fontsize=8, color=FAINT)
    words = [shortened(name, 12) for name in names]
    long = max(map(len, words)) > 3
    axes.set_xticks(range(size), words, rotation=90 if long else 0)
    axes.set_yticks(range(size), words)
    if size <= NUMBERS_UP_TO:
        for (row, column), count in np.ndenumerate(counts):
            if count:
                colour = "white" if row == column and shares[row, column] > 0.45 else INK
                axes.text(
                    column,
                    row,
                    f"{int(count):,}",
                    ha="center",
                    va="center",
                    fontsize=7,
                    color=colour,
                )
    return figure


def class_accuracy(
    matrix: ArrayLike, class_names: Sequence[str] | None = None, *, title: str = ""
) -> Picture:
    """The accuracy of each class, from 0 to 1, with how many images it has.

    Args:
        matrix: a confusion matrix, (classes, classes).
        class_names: 0, 1, … by default.
        title: above it.

    Raises:
        DataError: the matrix is not square, or the names don't fit.
    """
    given, named = _square(matrix, class_names)
    sums, right = given.sum(axis=1), np.diag(given)
    share = np.divide(right, sums, out=np.full(len(sums), np.nan), where=sums > 0)
    chosen, note = np.arange(len(sums)), ""
    if len(sums) > MOST_CLASSES:
        chosen = np.argsort(np.where(np.isnan(share), 2.0, share), kind="stable")[:MOST_CLASSES]
        note = f"the {MOST_CLASSES} worst of {len(sums):,} classes"
    figure = opened(6.4, 1.1 + 0.27 * len(chosen), title)
    axes = figure.add_subplot()
    labelled(axes, "accuracy (share of the class's images)", "class", note)
    axes.grid(visible=False, axis="y")
    places = np.arange(len(chosen))
    axes.barh(places, np.nan_to_num(share[chosen]), color=SERIES[0], height=0.7)
    for place, number in enumerate(chosen.tolist()):
        known = not np.isnan(share[number])
        text = f"{100 * share[number]:.1f} % of {int(sums[number]):,}" if known else "no images"
        axes.text(1.02, place, text, va="center", fontsize=8, color=INK if known else FAINT)
    total = float(right.sum() / max(1.0, sums.sum()))
    axes.axvline(total, color=WRONG, linewidth=1, linestyle="--", label=f"all: {100 * total:.1f} %")
    axes.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), labelcolor=INK)
    axes.set_xlim(0, 1)
    axes.set_yticks(places, [shortened(named[n]) for n in chosen.tolist()])
    axes.set_ylim(len(chosen) - 0.4, -0.6)
    return figure


def calibration(bins: Bins, *, title: str = "") -> Picture:
    """Accuracy against confidence, and how many images each bin has.

    Args:
        bins: as `spritenet.metrics.calibration` returns them.
        title: above it.
    """
    figure = opened(5.2, 5.2, title)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    labelled(upper, "", "accuracy", f"expected calibration error {100 * bins.error:.2f} %")
    upper.plot((0, 1), (0, 1), color=FAINT, linestyle="--", linewidth=1, label="as sure as right")
    there = bins.count > 0
    upper.plot(
        bins.confidence[there],
        bins.accuracy[there],
        color=SERIES[0],
        marker="o",
        markersize=5,
        label="this model",
    )
    upper.set_ylim(0, 1.02)
    upper.set_xlim(0, 1.02)
    upper.legend(frameon=False, fontsize=8.5, loc="upper left", labelcolor=INK)
    labelled(lower, "confidence (largest probability)", "images")
    lower.bar(bins.edges[:-1], bins.count, width=np.diff(bins.edges), align="edge", color=SERIES[0])
    lower.set_yscale("symlog", linthresh=1)
    lower.set_ylim(bottom=0)
    lower.set_ylabel("images (log scale)")
    return figure


def _square(
    matrix: ArrayLike, class_names: Sequence[str] | None
) -> tuple[NDArray[np.float64], list[str]]:
    """A square matrix and its names.

    Raises:
        DataError: it is none, or they don't fit.
    """
    counts = np.asarray(matrix, np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size:
        raise DataError("a confusion matrix is square", got=counts.shape)
    return counts, checked_names(class_names, len(counts), "classes")


def _most_confused(
    counts: NDArray[np.float64], names: list[str]
) -> tuple[NDArray[np.float64], list[str], str]:
    """The rows and columns to show, and what to say if they are not all."""
    if len(names) <= MOST_CLASSES:
        return counts, names, ""
    wrong = counts.sum(axis=1) + counts.sum(axis=0) - 2 * np.diag(counts)
    chosen = np.sort(np.argsort(-wrong, kind="stable")[:MOST_CLASSES])
    note = f"the {MOST_CLASSES} most confused of {len(names):,} classes"
    return counts[np.ix_(chosen, chosen)], [names[i] for i in chosen.tolist()], note
