"""Metrics of multi-label predictions in the terminal and as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from spritenet.cli import terminal
from spritenet.formatting import percent, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spritenet.model.label_predictions import LabelPredictions

__all__ = ["label_json", "label_lines", "print_label_classes"]


def label_lines(found: LabelPredictions, *, tuned: bool) -> Iterator[str]:
    """Yields lines about the exact match and the other metrics of all classes.

    Args:
        found: the predictions.
        tuned: True if the thresholds were tuned, False if they are 0.5.
    """
    low, high = found.interval
    wrong = int((~found.right).sum())
    interval = f"({percent(low)} to {percent(high)} with 95 % confidence)"
    yield f"exact match {percent(found.exact_match)} {interval}, {plural(wrong, 'image')} wrong"
    classes = found.classes
    average = _words(classes.mean_average_precision, 4)
    yield (
        f"binary accuracy {percent(found.binary_accuracy)}, F1 {classes.macro.f1:.4f} macro, "
        f"{classes.micro.f1:.4f} micro, mean average precision {average}"
    )
    yield "thresholds tuned on validation images" if tuned else "thresholds 50 %, not tuned"


def print_label_classes(found: LabelPredictions) -> None:
    """Prints the metrics of each class."""
    classes = found.classes
    heads = ("images", "threshold", "precision", "recall", "F1", "AUC", "average precision")
    table = terminal.table("class", *heads)
    for k, name in enumerate(found.class_names):
        there = classes.support[k] > 0
        table.add_row(
            name,
            f"{int(classes.support[k]):,}",
            f"{classes.thresholds[k]:.2f}",
            percent(float(classes.precision[k]), 1) if classes.predicted[k] else "–",
            percent(float(classes.recall[k]), 1) if there else "–",
            f"{classes.f1[k]:.3f}" if there or classes.predicted[k] else "–",
            _words(classes.auc[k], 3),
            _words(classes.average_precision[k], 3),
        )
    terminal.print_table(table)


def label_json(found: LabelPredictions) -> dict[str, object]:
    """Returns the metrics as JSON values: null where there is none."""
    classes = found.classes
    low, high = found.interval
    return {
        "exact_match": found.exact_match,
        "exact_match_interval": [low, high],
        "binary_accuracy": found.binary_accuracy,
        "mean_average_precision": _value(classes.mean_average_precision),
        "f1_macro": classes.macro.f1,
        "f1_micro": classes.micro.f1,
        "classes": {
            name: {
                "images": int(classes.support[k]),
                "threshold": float(classes.thresholds[k]),
                "precision": float(classes.precision[k]),
                "recall": float(classes.recall[k]),
                "f1": float(classes.f1[k]),
                "auc": _value(classes.auc[k]),
                "average_precision": _value(classes.average_precision[k]),
            }
            for k, name in enumerate(found.class_names)
        },
        "co_occurrence": found.co_occurrence.tolist(),
    }


def _words(number: float, digits: int) -> str:
    """Returns a number with so many digits; a dash for NaN."""
    return "–" if math.isnan(number) else f"{number:.{digits}f}"


def _value(number: float) -> float | None:
    """Returns a number; None for NaN."""
    return None if math.isnan(number) else float(number)
