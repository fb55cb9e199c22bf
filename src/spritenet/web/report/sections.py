"""What each part of a report says, as HTML."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spritenet.metrics import per_class_accuracy
from spritenet.model.looking import rows as layer_rows
from spritenet.report import Report
from spritenet.report.near import ALIKE
from spritenet.web.report import charts
from spritenet.web.report.sheet import Sheet
from spritenet.web.report.words import clock, level, percent, plural, text

__all__ = [
    "again",
    "calibration",
    "classes",
    "curves",
    "header",
    "mistakes",
    "summary",
    "trained",
    "twins",
    "under_stress",
]

SHOWN = 24
"""Images in a gallery."""

PAIRS = 12


def section(name: str, title: str, *parts: str) -> str:
    """A panel with a heading that can be linked to."""
    return (
        f'<section class="panel" id="{name}" aria-labelledby="{name}-title">'
        f'<h2 id="{name}-title">{title}</h2>{"".join(parts)}</section>'
    )


def header(report: Report, made_at: str, version: str, there: list[tuple[str, str]]) -> str:
    """Title, what this is, and where to go."""
    links = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in there)
    return (
        f"<header><h1>{text(report.name)}</h1>"
        f'<p class="faint">judged on {text(report.data.name)}, {text(report.split.name)} · '
        f"{made_at} · Spritenet {version}</p>"
        f'<nav aria-label="Parts of this report"><ul>{links}</ul></nav></header>'
    )


def summary(report: Report) -> str:
    """The accuracy, large; the other figures; what must be said at once."""
    found = report.predictions
    low, high = found.interval
    errors = int((~found.right).sum())
    figures = [
        ("errors", f"{errors:,}", f"of {plural(len(found), 'image')}"),
        ("log loss", f"{found.log_loss:.4f}", "nats an image"),
        ("F1, macro", f"{found.classes.macro.f1:.4f}", "mean over the classes"),
        ("calibration error", percent(found.calibration().error), "confidence against accuracy"),
    ]
    if len(found.class_names) > 5:
        figures.insert(1, ("among the top 5", percent(found.top_k(5)), "of the classes"))
    if report.near is not None:
        share = report.near.count / max(1, len(report.near.images))
        figures.append(("near-duplicates", f"{report.near.count:,}", f"{percent(share)} of them"))
    tiles = "".join(
        f'<div><dt>{name}</dt><dd><b>{figure}</b> <span class="faint">{note}</span></dd></div>'
        for name, figure, note in figures
    )
    notices = "".join(f'<p class="notice">{words}</p>' for words in _warnings(report))
    return (
        '<section class="panel hero" id="summary" aria-label="Summary">'
        f'<div class="figure"><p class="big">{percent(found.accuracy)}</p>'
        f"<p>accuracy<br>"
        f'<span class="faint">{percent(low)} to {percent(high)} with 95 % confidence</span></p>'
        "</div>"
        f'<dl class="figures">{tiles}</dl></section>{notices}'
    )


def _warnings(report: Report) -> Iterator[str]:
    """What changes how the figures are to be read."""
    if report.learnt_from:
        yield (
            "These are images the network may have learnt from: the data set has no others. "
            "All figures flatter it."
        )
    if report.near is not None and report.near.exact.any():
        exact = int(report.near.exact.sum())
        yield (
            f"{plural(exact, 'image')} it was judged on {'is' if exact == 1 else 'are'} also among "
            "the training images, to the pixel. They make it look better than it is."
        )
    learning = report.learning
    if learning is not None and learning.end is None:
        yield f"The training is {learning.how_it_ended}. This is the last checkpoint."


def trained(report: Report) -> str:
    """The network, the data, the training, the machine."""
    model = report.model
    rows, total = [], 0
    for label, kind, shape, size in layer_rows(model.layers, model.input_shape):
        total += size
        count = f"{size:,}" if size else ""
        rows.append(
            f"<tr><th scope=row>{text(label)}</th><td>{text(kind)}</td><td>{text(shape)}</td>"
            f'<td class="number">{count}</td></tr>'
        )
    takes = "×".join(map(str, model.input_shape or ()))
    network = (
        f'<div class="scroll"><table><caption>The network: images of {takes}, '
        f"{plural(total, 'parameter')}, {4 * total:,} bytes</caption><thead><tr>"
        "<th scope=col>layer</th><th scope=col>type</th><th scope=col>makes</th>"
        f'<th scope=col class="number">parameters</th></tr></thead><tbody>{"".join(rows)}</tbody>'
        "</table></div>"
    )
    facts = "".join(
        f"<div><dt>{text(name)}</dt><dd>{text(words, 200)}</dd></div>"
        for name, words in _facts(report)
    )
    content = f'<div class="halves">{network}<dl class="facts">{facts}</dl></div>'
    return section("trained", "What was trained on what", content)


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    """Word and figure, those that are known."""
    data, model = report.data, report.model
    splits = ", ".join(f"{name} {len(split):,}" for name, split in data.splits.items())
    yield "data", f"{data.name}: {splits}"
    size = "×".join(map(str, data.image_shape))
    yield "images", f"{size} pixels, {plural(len(data.class_names), 'class')}"
    for name, words in (("source", data.source), ("licence", data.licence)):
        if words:
            yield name, words
    known = model.trained_on
    learnt = known.content_hash if known else str(report.config.get("data_sha256", ""))
    if learnt and "train" in data.splits:
        same = learnt == data.train.content_hash
        words = "these training images" if same else "other images, or a part of these"
        yield "learnt from", f"{words} (SHA-256 {learnt[:12]}…)"
    yield from _training(report)
    yield "weights", f"SHA-256 {model.weights_sha256[:12]}…"
    for name, words in report.machine.items():
        yield name, words


def _training(report: Report) -> Iterator[tuple[str, str]]:
    """How it was trained, as far as the run or the model tells."""
    config, learning, known = report.config, report.learning, report.model.trained_on
    optimizer = config.get("optimizer")
    if isinstance(optimizer, dict):
        own = optimizer.get("config")
        rate = own.get("learning_rate") if isinstance(own, dict) else None
        at = f" at {rate:g}" if isinstance(rate, int | float) else ""
        yield "optimizer", f"{optimizer.get('class_name')}{at}"
    plan = config.get("plan")
    if isinstance(plan, dict):
        yield "order", f"seed {plan.get('seed')}, {plan.get('batch_size')} images an update"
    elif known is not None:
        yield "order", f"seed {known.seed}"
    if learning is None:
        if known is not None and known.steps:
            yield "training", plural(known.steps, "step")
        return
    words = f"{plural(learning.last_step, 'step')}, {learning.how_it_ended}"
    if learning.end is not None and learning.end.seconds:
        speed = learning.end.images / learning.end.seconds
        words += f", {clock(learning.end.seconds)}: {speed:,.0f} images/s"
    yield "training", words


def curves(report: Report) -> str:
    """Loss and accuracy against steps; "" where there is no journal."""
    made = [] if report.learning is None else charts.learning_charts(report.learning)
    if not made:
        return ""
    figures = "".join(
        f'<figure>{drawn}<figcaption class="small faint">{said}</figcaption></figure>'
        for _, drawn, said in made
    )
    return section("curves", "Learning", f'<div class="charts">{figures}</div>')


def classes(report: Report) -> str:
    """Precision, recall and F1 of each class, with what it is most often taken for."""
    found = report.predictions
    names, confusion, figures = found.class_names, found.confusion, found.classes
    shares = per_class_accuracy(confusion)
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    rows = []
    for number, name in enumerate(names):
        other = int(wrong[number].argmax())
        often = int(wrong[number, other])
        taken = f"{text(names[other], 24)} ({often:,})" if often else "–"
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
            f"<tr><th scope=row>{text(name, 30)}</th>"
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
        f'{heads}<td class="bar-cell"></td><th scope=col>most often taken for</th>'
        f"</tr></thead><tbody>{''.join(rows)}</tbody><tfoot>{''.join(foot)}</tfoot></table></div>"
    )
    note = (
        '<p class="small faint">Precision: of the images taken for the class, the share that is of '
        "it. Recall: of the images of the class, the share taken for it. F1: their harmonic mean."
        "</p>"
    )
    return section("classes", "Each class", table, note)


def _cell(words: str, value: float) -> str:
    """A number in a table that can be sorted by it."""
    return f'<td class="number" data-value="{value:.6g}">{words}</td>'


def calibration(report: Report) -> str:
    """Whether it is as sure as it is right."""
    bins = report.predictions.calibration()
    there = bins.count > 0
    gap = float(((bins.confidence - bins.accuracy)[there] * bins.count[there]).sum())
    mean = gap / max(1, len(report.predictions))
    size = percent(abs(mean))
    words = "as sure as it is right" if abs(mean) < 0.0005 else ""
    words = words or (f"too sure, by {size}" if mean > 0 else f"not sure enough, by {size}")
    note = (
        f"<p>Expected calibration error <b>{percent(bins.error)}</b>, in 15 bins. On the average "
        f"it is {words}.</p>{_doubts(report)}"
    )
    both = (
        f'<div class="charts"><figure>{charts.calibration_chart(bins)}</figure>'
        f"<figure>{charts.confidence_chart(bins)}</figure></div>"
    )
    return section("calibration", "Is it as sure as it is right?", note, both)


def _doubts(report: Report) -> str:
    """What a calibrated network says of what it is not sure of."""
    doubts = report.doubts
    if doubts is None:
        return ""
    unsure = doubts.asked - doubts.sure
    share = percent(doubts.right / doubts.sure) if doubts.sure else "none"
    return (
        f"<p>Asked with <code>classify</code> about {plural(doubts.asked, 'image')}, it doubts "
        f"<b>{unsure:,}</b> ({percent(unsure / doubts.asked)}); of the others {share} are right. "
        "The curve below is that of <code>predict</code>, which doesn't doubt.</p>"
    )


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
                f'<span class="wrong">✗ {text(taken, 16)}</span> {sure}<br>'
                f'<span class="faint">is {text(is_, 16)}</span></figcaption></figure>'
            )
        some = f"The {len(wrong)} most confident of {total:,}" if total > len(wrong) else "All"
        parts.append(
            f'<h3>Most confident mistakes</h3><p class="small faint">{some}: what it was taken for '
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
                f'<span class="{mark[0]}">{mark[1]} {text(names[first], 16)}</span> or '
                f"{text(names[second], 16)}<br>"
                f'<span class="faint">is {text(is_, 16)}</span></figcaption></figure>'
            )
        parts.append(
            "<h3>Least certain</h3>"
            '<p class="small faint">Where the two most probable classes are nearest to each other.'
            f'</p><div class="gallery">{"".join(tiles)}</div>'
        )
    return section("mistakes", "Mistakes and doubts", *parts)


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
            f"{text(labels[0], 14)} · {text(labels[1], 14)}<br>"
            f'<span class="faint">{near.similarity[place]:.4f}</span>{differ}</figcaption></figure>'
        )
    caption = (
        f"<h3>The closest pairs</h3><p class='small faint'>Left a training image, right one of "
        f"{text(report.split.name)}; below, their classes and how well their pixels correlate.</p>"
    )
    gallery = f'<div class="gallery pairs">{"".join(pairs)}</div>'
    return section("twins", "Near-duplicates", note, caption, gallery)


def under_stress(report: Report, sheet: Sheet) -> str:
    """Accuracy on changed images, with one image at each level."""
    count, figures = len(report.data.class_names), []
    for curve in report.curves:
        tiles = "".join(
            f"<div>{sheet.show(sheet.add(image), f'{curve.name} {level(value)} {curve.unit}')}"
            f"<small>{level(value)}</small></div>"
            for value, image in zip(curve.levels, curve.examples, strict=True)
        )
        figures.append(
            f"<figure><h3>{curve.name.capitalize()}</h3>{charts.stress_chart(curve, count)}"
            f'<div class="strip">{tiles}</div></figure>'
        )
    note = (
        f"<p>Accuracy on {plural(report.stressed, 'image')} of {text(report.split.name)}, the same "
        "for every level, picked by seed 0. The dotted line marks the images as they are; bands "
        "are 95 % confidence intervals.</p>"
    )
    return section(
        "stress", "When images change", note, f'<div class="charts three">{"".join(figures)}</div>'
    )


def again(report: Report) -> str:
    """The commands that repeat it."""
    lines = "\n".join(text(command, 400) for command in report.commands)
    if not lines:
        return ""
    return section("again", "Run it again", f'<pre class="scroll"><code>{lines}</code></pre>')
