"""Sections of a report with images: mistakes, ambiguous images, near-duplicates, changed images."""

from __future__ import annotations

import numpy as np

from spritenet.charts import svg
from spritenet.formatting import html, percent, plural, signed
from spritenet.report import Report
from spritenet.report.charts import stress_chart
from spritenet.report.near_duplicates import ALIKE
from spritenet.web.report.sections import section
from spritenet.web.report.sheet import Sheet

__all__ = ["mistakes", "twins", "under_stress"]

SHOWN = 24
"""Images in a gallery."""

PAIRS = 12


def mistakes(report: Report, sheet: Sheet) -> str:
    """The most confident mistakes, and where it could hardly decide."""
    found = report.predictions
    names, predicted = found.class_names, found.predicted
    parts = []
    wrong = found.mistakes(SHOWN)
    total = int((~found.right).sum())
    if len(wrong):
        tiles = []
        for i in wrong.tolist():
            is_, taken = names[found.labels[i]], names[predicted[i]]
            sure = percent(float(found.confidence[i]))
            number = sheet.add(found.images[i])
            tiles.append(
                f'<figure class="shot">{sheet.show(number, f"image {i} of {is_}")}<figcaption>'
                f'<span class="wrong">✗ {html(taken, 16)}</span> {sure}<br>'
                f'<span class="faint">is {html(is_, 16)}</span></figcaption></figure>'
            )
        some = f"The {len(wrong)} most confident of {total:,}" if total > len(wrong) else "All"
        parts.append(
            f'<h3>Most confident mistakes</h3><p class="small faint">{some}: the prediction '
            f'and how surely, and what it is.</p><div class="gallery">{"".join(tiles)}</div>'
        )
    else:
        parts.append("<p>There are none.</p>")
    unsure = found.least_certain(SHOWN).tolist()
    if unsure:
        tiles = []
        for i in unsure:
            first, second = np.argsort(-found.probabilities[i], kind="stable")[:2].tolist()
            right = bool(found.right[i])
            mark = ("right", "✓") if right else ("wrong", "✗")
            is_ = names[found.labels[i]]
            number = sheet.add(found.images[i])
            tiles.append(
                f'<figure class="shot">{sheet.show(number, f"image {i} of {is_}")}<figcaption>'
                f'<span class="{mark[0]}">{mark[1]} {html(names[first], 16)}</span> or '
                f"{html(names[second], 16)}<br>"
                f'<span class="faint">is {html(is_, 16)}</span></figcaption></figure>'
            )
        parts.append(
            "<h3>Least certain</h3>"
            '<p class="small faint">Where the two most probable classes are nearest to each other.'
            f'</p><div class="gallery">{"".join(tiles)}</div>'
        )
    return section("mistakes", "Mistakes and ambiguous images", *parts)


def twins(report: Report, sheet: Sheet) -> str:
    """Images that were nearly learnt from; "" where there is nothing to compare."""
    near = report.near
    if near is None:
        return ""
    some = plural(len(near.images), "image")
    of_all = "" if len(near.images) == len(report.split) else f" (of {len(report.split):,})"
    exact = int(near.exact.sum())
    same = "None is" if not exact else f"{plural(exact, 'image')} {'is' if exact == 1 else 'are'}"
    note = (
        f"<p>Each of {some}{of_all} was compared with {near.among:,} training images. {same} there "
        f"to the pixel; <b>{near.count:,}</b> ({percent(near.count / max(1, len(near.images)))}) "
        f"found one whose pixels correlate by {ALIKE} or more. Simple shapes are alike without "
        "being copies: judge by the pairs.</p>"
    )
    names = report.data.class_names
    train = report.data.train
    pairs = []
    for place in near.closest(PAIRS).tolist():
        own, other = int(near.images[place]), int(near.nearest[place])
        labels = (names[train.labels[other]], names[report.split.labels[own]])
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
        f"{html(report.split.name)}; below, their classes and how well their pixels correlate.</p>"
    )
    gallery = f'<div class="gallery pairs">{"".join(pairs)}</div>'
    return section("twins", "Near-duplicates", note, caption, gallery)


def under_stress(report: Report, sheet: Sheet) -> str:
    """Accuracy on changed images, with one image at each level."""
    count, figures = len(report.data.class_names), []
    for curve in report.curves:
        tiles = "".join(
            f"<div>{sheet.show(sheet.add(image), f'{curve.name} {signed(value)} {curve.unit}')}"
            f"<small>{signed(value)}</small></div>"
            for value, image in zip(curve.levels, curve.examples, strict=True)
        )
        chart = svg(stress_chart(curve, count, report.stressed), (360, 230))
        figures.append(
            f"<figure><h3>{curve.name.capitalize()}</h3>{chart}"
            f'<div class="strip">{tiles}</div></figure>'
        )
    note = (
        f"<p>Accuracy on {plural(report.stressed, 'image')} of {html(report.split.name)}, the same "
        "for every level, picked by seed 0. The dotted line marks the images as they are; bands "
        "are 95 % confidence intervals.</p>"
    )
    return section(
        "stress", "When images change", note, f'<div class="charts three">{"".join(figures)}</div>'
    )
