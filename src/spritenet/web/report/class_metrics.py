"""Parts of a report: the figures of each class, and whether it is as sure as it is right."""

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
    """Precision, recall and F1 of each class, and its most frequent wrong prediction."""
    found = report.predictions
    names, confusion, figures = found.class_names, found.confusion, found.classes
    shares = per_class_accuracy(confusion)
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    rows = []
    for number, name in enumerate(names):
        other = int(wrong[number].argmax())
        often = int(wrong[number, other])
        taken = f"{html(names[other], 24)} ({often:,})" if often else "–"
        cells = [
            _cell(percent(value, 1) if known else "–", value if known else -1)
            for value, known in (
                (figures.precision[number], figures.predicted[number] > 0),
                (figures.recall[number], figures.support[number] > 0),
                (figures.f1[number], figures.support[number] + figures.predicted[number] > 0),
            )
        ]
        share = 0.0 if np.isnan(shares[number]) else float(shares[number])
        rows.append(
            f"<tr><th scope=row>{html(name, 30)}</th>"
            f"{_cell(f'{int(figures.support[number]):,}', float(figures.support[number]))}"
            f'{"".join(cells)}<td class="bar-cell"><svg class="share" viewBox="0 0 100 8" '
            f'preserveAspectRatio="none" aria-hidden="true"><rect class="rail" width="100" '
            f'height="8"/><rect width="{100 * share:.1f}" height="8"/></svg></td>'
            f"<td>{taken}</td></tr>"
        )
    foot = []
    for label, mean in (("mean of classes", figures.macro), ("mean of images", figures.weighted)):
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
        '<div class="scroll tall" tabindex="0" role="region" aria-label="Figures of each class">'
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
    return section("classes", "Each class", table, note)


def _cell(words: str, value: float) -> str:
    """A number in a table that can be sorted by it."""
    return f'<td class="number" data-value="{value:.6g}">{words}</td>'


def calibration(report: Report) -> str:
    """Returns whether it is as sure as it is right."""
    bins = report.predictions.calibration()
    there = bins.count > 0
    gap = float(((bins.confidence - bins.accuracy)[there] * bins.count[there]).sum())
    mean = gap / max(1, len(report.predictions))
    size = percent(abs(mean))
    words = "as sure as it is right" if abs(mean) < 0.0005 else ""
    words = words or (f"too sure, by {size}" if mean > 0 else f"not sure enough, by {size}")
    note = (
        f"<p>Expected calibration error <b>{percent(bins.error)}</b>, in 15 bins. On the average "
        f"it is {words}.</p>{_rejections(report)}"
    )
    both = (
        f'<div class="charts"><figure>{svg(calibration_curve(bins), SIZE)}</figure>'
        f"<figure>{svg(confidence_histogram(bins), SIZE)}</figure></div>"
    )
    return section("calibration", "Is it as sure as it is right?", note, both)


def _rejections(report: Report) -> str:
    """The images that a calibrated model rejects as not sure."""
    counts = report.rejections
    if counts is None:
        return "<p>It is not calibrated: nobody found out what its percentages mean.</p>"
    rejected = counts.images - counts.accepted
    correct = percent(counts.correct / counts.accepted) if counts.accepted else "none"
    return (
        f"<p>Of {plural(counts.images, 'image')}, <code>classify</code> rejects "
        f"<b>{rejected:,}</b> ({percent(rejected / counts.images)}) as not sure; of the others, "
        f"{correct} are classified correctly. The curve below is of <code>predict</code>, which "
        "rejects none.</p>"
    )
