"""Sections of a report with images: mistakes, near-duplicates, robustness."""

from __future__ import annotations

import numpy as np

from spritenet.charts import svg
from spritenet.dataset.multi_label import label_text
from spritenet.formatting import html, percent, plural, signed
from spritenet.report import Report
from spritenet.report.charts import robustness_chart
from spritenet.report.near_duplicates import ALIKE
from spritenet.web.report.sections import section
from spritenet.web.report.sheet import Sheet

__all__ = ["mistakes", "near_duplicates", "robustness"]

GALLERY = 24
"""Images in a gallery."""

PAIRS = 12


def mistakes(report: Report, sheet: Sheet) -> str:
    """Returns the most confident mistakes and the least certain images."""
    predictions = report.predictions
    names, predicted = predictions.class_names, predictions.predicted
    parts = []
    wrong = predictions.mistakes(GALLERY)
    total = int((~predictions.right).sum())
    if len(wrong):
        tiles = []
        for i in wrong.tolist():
            true, answer = names[predictions.labels[i]], names[predicted[i]]
            confidence = percent(float(predictions.confidence[i]))
            number = sheet.add(predictions.images[i])
            tiles.append(
                f'<figure class="shot">{sheet.show(number, f"image {i} of {true}")}<figcaption>'
                f'<span class="wrong">✗ {html(answer, 16)}</span> {confidence}<br>'
                f'<span class="faint">is {html(true, 16)}</span></figcaption></figure>'
            )
        some = f"The {len(wrong)} most confident of {total:,}" if total > len(wrong) else "All"
        parts.append(
            f'<h3>Most confident mistakes</h3><p class="small faint">{some}: the prediction, '
            f'its confidence and the true class.</p><div class="gallery">{"".join(tiles)}</div>'
        )
    else:
        parts.append("<p>There are no mistakes.</p>")
    unsure = predictions.least_certain(GALLERY).tolist()
    if unsure:
        tiles = []
        for i in unsure:
            first, second = np.argsort(-predictions.probabilities[i], kind="stable")[:2].tolist()
            right = bool(predictions.right[i])
            mark = ("right", "✓") if right else ("wrong", "✗")
            true = names[predictions.labels[i]]
            number = sheet.add(predictions.images[i])
            tiles.append(
                f'<figure class="shot">{sheet.show(number, f"image {i} of {true}")}<figcaption>'
                f'<span class="{mark[0]}">{mark[1]} {html(names[first], 16)}</span> or '
                f"{html(names[second], 16)}<br>"
                f'<span class="faint">is {html(true, 16)}</span></figcaption></figure>'
            )
        parts.append(
            "<h3>Least certain</h3>"
            '<p class="small faint">The smallest margins between the two most probable classes.'
            f'</p><div class="gallery">{"".join(tiles)}</div>'
        )
    return section("mistakes", "Mistakes and ambiguous images", *parts)


def near_duplicates(report: Report, sheet: Sheet) -> str:
    """Returns the closest pairs of evaluated and training images; "" without training images."""
    near = report.near_duplicates
    if near is None:
        return ""
    some = plural(len(near.images), "image")
    of_all = "" if len(near.images) == len(report.split) else f" (of {len(report.split):,})"
    exact = int(near.exact.sum())
    same = "None is" if not exact else f"{plural(exact, 'image')} {'is' if exact == 1 else 'are'}"
    fraction = percent(near.count / max(1, len(near.images)))
    note = (
        f"<p>Each of {some}{of_all} was compared with {near.among:,} training images. {same} "
        f"identical to one; <b>{near.count:,}</b> ({fraction}) "
        f"have a correlation of {ALIKE} or more. Simple shapes are similar without being copies: "
        "look at the pairs.</p>"
    )
    names = report.data.class_names
    train = report.data.train
    pairs = []
    for place in near.closest(PAIRS).tolist():
        own, other = int(near.images[place]), int(near.nearest[place])
        both = train.labels[other], report.split.labels[own]
        labels = tuple(label_text(label, names) for label in both)
        left = sheet.show(sheet.add(train.images[other]), f"training image {other}, {labels[0]}")
        name = report.split.name
        right = sheet.show(sheet.add(report.split.images[own]), f"{name} image {own}, {labels[1]}")
        differ = ' <span class="wrong">✗ labels differ</span>' if labels[0] != labels[1] else ""
        pairs.append(
            f'<figure class="pair"><div>{left}{right}</div><figcaption>'
            f"{html(labels[0], 14)} · {html(labels[1], 14)}<br>"
            f'<span class="faint">{near.similarity[place]:.4f}</span>{differ}</figcaption></figure>'
        )
    caption = (
        f"<h3>The closest pairs</h3><p class='small faint'>Left a training image, right one of "
        f"{html(report.split.name)}; below, their classes and the correlation of their pixels.</p>"
    )
    gallery = f'<div class="gallery pairs">{"".join(pairs)}</div>'
    return section("near-duplicates", "Near-duplicates", note, caption, gallery)


def robustness(report: Report, sheet: Sheet) -> str:
    """Returns accuracy on perturbed images, with an example at each level."""
    count = 0 if report.is_multi_label else len(report.data.class_names)
    metric = "exact match" if report.is_multi_label else "accuracy"
    figures = []
    for curve in report.robustness:
        tiles = "".join(
            f"<div>{sheet.show(sheet.add(image), f'{curve.name} {signed(value)} {curve.unit}')}"
            f"<small>{signed(value)}</small></div>"
            for value, image in zip(curve.levels, curve.examples, strict=True)
        )
        chart = svg(robustness_chart(curve, count, report.perturbed, metric), (360, 230))
        figures.append(
            f"<figure><h3>{curve.name.capitalize()}</h3>{chart}"
            f'<div class="strip">{tiles}</div></figure>'
        )
    note = (
        f"<p>{metric.capitalize()} on {plural(report.perturbed, 'image')} of "
        f"{html(report.split.name)}, the same for every level, sampled with seed 0. The dotted "
        "line marks unchanged images; bands are 95 % confidence intervals.</p>"
    )
    return section(
        "robustness",
        f"Robustness: {metric} on changed images",
        note,
        f'<div class="charts three">{"".join(figures)}</div>',
    )
