"""Sections of a report on multi-label predictions: summary, classes, co-occurrence, mistakes."""

from __future__ import annotations

import numpy as np

from spritenet.charts import svg
from spritenet.formatting import html, html_middle, percent, plural
from spritenet.metrics import precision_recall_curve
from spritenet.report import Report
from spritenet.report.charts import precision_recall_chart
from spritenet.web.report.sections import hero, section
from spritenet.web.report.sheet import Sheet

__all__ = ["classes", "curves", "mistakes", "summary", "together"]

GALLERY = 24
"""Images in a gallery."""

MOST_CURVES = 24
MOST_CLASSES = 40
"""Classes of the table of co-occurrence, at most: the most frequent ones."""

SHADES = 8


def summary(report: Report) -> str:
    """Returns the exact match, the other metrics and the warnings."""
    found = report.label_predictions
    metrics = found.classes
    errors = int((~found.right).sum())
    none = int((found.labels.sum(axis=1) == 0).sum())
    tiles = [
        ("with a mistake", f"{errors:,}", f"of {plural(len(found), 'image')}"),
        ("binary accuracy", percent(metrics.binary_accuracy), "right answers, class by class"),
        ("mean average precision", _number(metrics.mean_average_precision), "over the classes"),
        ("F1, macro", f"{metrics.macro.f1:.4f}", "mean over the classes"),
        ("F1, micro", f"{metrics.micro.f1:.4f}", "all answers together"),
        (
            "classes an image",
            f"{found.labels.sum(axis=1).mean():.2f}",
            f"{none:,} without any",
        ),
    ]
    return hero(report, "exact match: all classes right", found.exact_match, found.interval, tiles)


def classes(report: Report) -> str:
    """Returns threshold, precision, recall, F1, AUC and average precision of each class."""
    found = report.label_predictions
    metrics = found.classes
    rows = []
    for k, name in enumerate(found.class_names):
        there = metrics.support[k] > 0
        cells = [
            (f"{int(metrics.support[k]):,}", float(metrics.support[k])),
            (percent(float(metrics.thresholds[k]), 0), float(metrics.thresholds[k])),
            _fraction(metrics.precision[k], metrics.predicted[k] > 0),
            _fraction(metrics.recall[k], there),
            _fraction(metrics.f1[k], there or metrics.predicted[k] > 0),
            (_number(metrics.auc[k]), float(np.nan_to_num(metrics.auc[k], nan=-1))),
            (
                _number(metrics.average_precision[k]),
                float(np.nan_to_num(metrics.average_precision[k], nan=-1)),
            ),
        ]
        numbers = "".join(
            f'<td class="number" data-value="{value:.6g}">{words}</td>' for words, value in cells
        )
        width = 100 * float(metrics.f1[k])
        rows.append(
            f"<tr><th scope=row>{html(name, 30)}</th>{numbers}"
            '<td class="bar-cell"><svg class="share" viewBox="0 0 100 8" '
            'preserveAspectRatio="none" aria-hidden="true"><rect class="rail" width="100" '
            f'height="8"/><rect width="{width:.1f}" height="8"/></svg></td></tr>'
        )
    foot = []
    last = f'<td class="number">{_number(metrics.mean_average_precision)}</td>'
    for label, mean in (("mean of classes", metrics.macro), ("all answers", metrics.micro)):
        means = "".join(
            f'<td class="number">{percent(value, 1)}</td>'
            for value in (mean.precision, mean.recall, mean.f1)
        )
        end = last if mean is not metrics.micro and label == "mean of classes" else "<td></td>"
        foot.append(
            f"<tr><th scope=row>{label}</th><td></td><td></td>{means}<td></td>{end}<td></td></tr>"
        )
    heads = "".join(
        f'<th scope=col class="number" data-sort>{head}</th>'
        for head in ("images", "threshold", "precision", "recall", "F1", "AUC", "avg. prec.")
    )
    table = (
        '<div class="scroll tall" tabindex="0" role="region" aria-label="Metrics of each class">'
        '<table class="classes"><thead><tr><th scope=col data-sort>class</th>'
        f'{heads}<td class="bar-cell"></td></tr></thead><tbody>{"".join(rows)}</tbody>'
        f"<tfoot>{''.join(foot)}</tfoot></table></div>"
    )
    tuned = (
        "tuned on validation images, for the highest F1"
        if report.model.thresholds is not None
        else "50 %, as none were tuned"
    )
    note = (
        '<p class="small faint">A class is predicted from its threshold on: '
        f"{tuned}. Precision: of the images predicted as the class, the fraction that has it. "
        "Recall: of the images with the class, the fraction predicted as it. F1: their harmonic "
        "mean; bars show it. AUC: how often an image with the class gets a higher probability than "
        "one without. Average precision: the mean precision over all thresholds. The probabilities "
        "are not calibrated.</p>"
    )
    return section("classes", "Classes", table, note)


def together(report: Report) -> str:
    """Returns the classes that occur together, beside those that are predicted together."""
    found = report.label_predictions
    chosen = np.arange(len(found.class_names))
    part = ""
    if len(chosen) > MOST_CLASSES:
        often = np.argsort(-found.labels.sum(axis=0, dtype=np.int64), kind="stable")
        chosen = np.sort(often[:MOST_CLASSES])
        part = f"The {MOST_CLASSES} most frequent of {len(found.class_names):,} classes. "
    true, predicted = (
        counts[np.ix_(chosen, chosen)] for counts in (found.co_occurrence, found.predicted_together)
    )
    names = [found.class_names[k] for k in chosen.tolist()]
    most = max(1, *(int(_pairs(counts).max(initial=0)) for counts in (true, predicted)))
    tables = "".join(
        _counts(title, counts, names, most)
        for title, counts in (("In the images", true), ("In the predictions", predicted))
    )
    note = (
        f'<p class="small faint">{part}Images with both of two classes; on the diagonal, all '
        "images of the class. Pairs that are predicted together much more often than they occur "
        "are confused, or seen where one of them is.</p>"
    )
    return section(
        "together", "Classes that occur together", note, f'<div class="halves">{tables}</div>'
    )


def curves(report: Report) -> str:
    """Returns precision against recall of each class; "" without an image of any."""
    found = report.label_predictions
    metrics = found.classes
    some = np.flatnonzero(metrics.support > 0)[:MOST_CURVES].tolist()
    figures = []
    for k in some:
        precision, recall, _ = precision_recall_curve(found.labels[:, k], found.probabilities[:, k])
        chart = precision_recall_chart(
            found.class_names[k],
            (recall, precision),
            (float(metrics.recall[k]), float(metrics.precision[k])),
            float(metrics.average_precision[k]),
        )
        figures.append(
            f"<figure><h3>{html(found.class_names[k], 30)}</h3>{svg(chart, (300, 210))}"
            f'<figcaption class="small faint">{chart.note}</figcaption></figure>'
        )
    if not figures:
        return ""
    rest = int((metrics.support > 0).sum()) - len(some)
    more = f"<p class='small faint'>{plural(rest, 'more class')} not shown.</p>" if rest else ""
    return section(
        "precision-recall",
        "Precision and recall at each threshold",
        f'<div class="charts three">{"".join(figures)}</div>{more}',
    )


def mistakes(report: Report, sheet: Sheet) -> str:
    """Returns the most confident mistakes and the least certain images."""
    found = report.label_predictions
    wrong = found.mistakes(GALLERY).tolist()
    total = int((~found.right).sum())
    parts = []
    if wrong:
        some = f"The {len(wrong)} most confident of {total:,}" if total > len(wrong) else "All"
        parts.append(
            f'<h3>Most confident mistakes</h3><p class="small faint">{some}. + is predicted and '
            "not there, − is there and not predicted.</p>"
            f'<div class="gallery">{"".join(_shot(report, sheet, i) for i in wrong)}</div>'
        )
    else:
        parts.append("<p>There are no mistakes.</p>")
    unsure = found.least_certain(GALLERY).tolist()
    parts.append(
        '<h3>Least certain</h3><p class="small faint">A probability nearest to its threshold.</p>'
        f'<div class="gallery">{"".join(_shot(report, sheet, i) for i in unsure)}</div>'
    )
    return section("mistakes", "Mistakes and ambiguous images", *parts)


def _shot(report: Report, sheet: Sheet, index: int) -> str:
    """Returns an image with its classes, and the mistakes among the predicted ones."""
    found = report.label_predictions
    true, predicted = found.labels[index] == 1, found.predicted[index]
    lines = [
        f'<span class="wrong">{sign} {html(found.class_names[k], 14)} '
        f"{_short(found.probabilities[index, k])}</span>"
        for sign, which in (("+", predicted & ~true), ("−", true & ~predicted))
        for k in np.flatnonzero(which).tolist()
    ]
    if not lines:
        k = int(np.abs(found.probabilities[index] - found.thresholds).argmin())
        name, value = html(found.class_names[k], 14), _short(found.probabilities[index, k])
        lines = [f'<span class="right">✓</span> {name} {value}']
    text = found.true_text(index)
    number = sheet.add(found.images[index])
    return (
        f'<figure class="shot">{sheet.show(number, f"image {index} of {text}")}<figcaption>'
        f'{"<br>".join(lines[:4])}<br><span class="faint">has {html(text, 40)}</span></figcaption>'
        "</figure>"
    )


def _counts(title: str, counts: np.ndarray, names: list[str], most: int) -> str:
    """Returns a table of counts, darker where they are larger."""
    heads = "".join(f'<th scope=col title="{html(n)}">{html_middle(n, 10)}</th>' for n in names)
    rows = []
    for i, name in enumerate(names):
        cells = []
        for j, count in enumerate(counts[i].tolist()):
            shade = 0 if not count else max(1, round(SHADES * min(1, count / most)))
            kind = "" if i == j else f' class="r{shade}"' if shade else ""
            words = f"{count:,}" if count else ""
            cells.append(f"<td{kind}>{f'<b>{words}</b>' if i == j else words}</td>")
        head = f'<th scope=row title="{html(name)}">{html_middle(name, 16)}</th>'
        rows.append(f"<tr>{head}{''.join(cells)}</tr>")
    kinds = " long" * (max(map(len, names)) > 3) + " few" * (len(names) <= 12)
    return (
        f'<div class="scroll"><table class="matrix together{kinds}"><caption>{title}</caption>'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _pairs(counts: np.ndarray) -> np.ndarray:
    """Returns the counts outside the diagonal."""
    return counts[~np.eye(len(counts), dtype=bool)]


def _short(probability: float) -> str:
    """Returns a probability in per cent that isn't broken over two lines."""
    return percent(float(probability), 0).replace(" ", "\u00a0")


def _fraction(value: float, known: bool) -> tuple[str, float]:
    """Returns a fraction in words and for sorting; a dash if it isn't known."""
    return (percent(float(value), 1), float(value)) if known else ("–", -1.0)


def _number(value: float) -> str:
    """Returns a metric of 0 to 1; a dash for NaN."""
    return "–" if np.isnan(value) else f"{float(value):.3f}"
