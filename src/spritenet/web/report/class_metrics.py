"""Sections of a report: the metrics of each class, and calibration."""

from __future__ import annotations

import numpy as np

from spritenet.charts import calibration_curve, confidence_histogram, svg
from spritenet.formatting import html, percent, plural
from spritenet.metrics import per_class_accuracy
from spritenet.report import Report
from spritenet.web.report.sections import section

__all__ = ["calibration", "classes"]

SIZE = 400, 290
"""Width and height of the charts of calibration, in pixels."""


def classes(report: Report) -> str:
    """Returns precision, recall, F1 and the most frequent wrong prediction of each class."""
    predictions = report.predictions
    names, confusion, metrics = predictions.class_names, predictions.confusion, predictions.classes
    accuracies = per_class_accuracy(confusion)
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    rows = []
    for number, name in enumerate(names):
        other = int(wrong[number].argmax())
        count = int(wrong[number, other])
        predicted_as = f"{html(names[other], 24)} ({count:,})" if count else "–"
        cells = [
            _cell(percent(value, 1) if known else "–", value if known else -1)
            for value, known in (
                (metrics.precision[number], metrics.predicted[number] > 0),
                (metrics.recall[number], metrics.support[number] > 0),
                (metrics.f1[number], metrics.support[number] + metrics.predicted[number] > 0),
            )
        ]
        accuracy = float(np.nan_to_num(accuracies[number]))
        rows.append(
            f"<tr><th scope=row>{html(name, 30)}</th>"
            f"{_cell(f'{int(metrics.support[number]):,}', float(metrics.support[number]))}"
            f'{"".join(cells)}<td class="bar-cell"><svg class="share" viewBox="0 0 100 8" '
            f'preserveAspectRatio="none" aria-hidden="true"><rect class="rail" width="100" '
            f'height="8"/><rect width="{100 * accuracy:.1f}" height="8"/></svg></td>'
            f"<td>{predicted_as}</td></tr>"
        )
    foot = []
    for label, mean in (("mean of classes", metrics.macro), ("mean of images", metrics.weighted)):
        means = "".join(
            f'<td class="number">{percent(value, 1)}</td>'
            for value in (mean.precision, mean.recall, mean.f1)
        )
        foot.append(f"<tr><th scope=row>{label}</th><td></td>{means}<td></td><td></td></tr>")
    heads = "".join(
        f'<th scope=col class="number" data-sort>{head}</th>'
        for head in ("images", "precision", "recall", "F1")
    )
    table = (
        '<div class="scroll tall" tabindex="0" role="region" aria-label="Metrics of each class">'
        '<table class="classes"><thead><tr><th scope=col data-sort>class</th>'
        f'{heads}<td class="bar-cell"></td><th scope=col>most often predicted as</th>'
        f"</tr></thead><tbody>{''.join(rows)}</tbody><tfoot>{''.join(foot)}</tfoot></table></div>"
    )
    note = (
        '<p class="small faint">Precision: of the images predicted as the class, the fraction that '
        "is of it. Recall: of the images of the class, the fraction predicted as it. F1: their "
        "harmonic mean."
        "</p>"
    )
    return section("classes", "Classes", table, note)


def _cell(words: str, value: float) -> str:
    """Returns a number in a table that can be sorted by it."""
    return f'<td class="number" data-value="{value:.6g}">{words}</td>'


def calibration(report: Report) -> str:
    """Returns the calibration: confidence against accuracy."""
    bins = report.predictions.calibration()
    filled = bins.count > 0
    gap = float(((bins.confidence - bins.accuracy)[filled] * bins.count[filled]).sum())
    mean = gap / max(1, len(report.predictions))
    size = percent(abs(mean))
    words = "equals the accuracy" if abs(mean) < 0.0005 else ""
    words = words or f"is {size} {'above' if mean > 0 else 'below'} the accuracy"
    note = (
        f"<p>Expected calibration error <b>{percent(bins.error)}</b>, in 15 bins. The mean "
        f"confidence {words}.</p>{_rejections(report)}"
    )
    both = (
        f'<div class="charts"><figure>{svg(calibration_curve(bins), SIZE)}</figure>'
        f"<figure>{svg(confidence_histogram(bins), SIZE)}</figure></div>"
    )
    return section("calibration", "Calibration: confidence against accuracy", note, both)


def _rejections(report: Report) -> str:
    """Returns the number of images that a calibrated model rejects as not sure."""
    counts = report.rejections
    if counts is None:
        return "<p>The model is not calibrated: it rejects no images.</p>"
    rejected = counts.images - counts.accepted
    correct = percent(counts.correct / counts.accepted) if counts.accepted else "none"
    return (
        f"<p>Of {plural(counts.images, 'image')}, <code>classify</code> rejects "
        f"<b>{rejected:,}</b> ({percent(rejected / counts.images)}) as not sure; of the others, "
        f"{correct} are classified correctly. The curve below is of <code>predict</code>, which "
        "rejects none.</p>"
    )
