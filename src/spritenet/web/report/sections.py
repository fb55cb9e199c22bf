"""What each part of a report says, as HTML: what it was trained on, how that went, the summary."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from spritenet.charts import Chart, svg
from spritenet.formatting import duration, html, percent, plural
from spritenet.model.inspection import rows as layer_rows
from spritenet.report import Report
from spritenet.report.charts import learning_charts

__all__ = ["again", "curves", "header", "section", "summary", "trained"]


def section(name: str, title: str, *parts: str) -> str:
    """A panel with a heading that can be linked to."""
    return (
        f'<section class="panel" id="{name}" aria-labelledby="{name}-title">'
        f'<h2 id="{name}-title">{title}</h2>{"".join(parts)}</section>'
    )


def _figure(chart: Chart) -> str:
    """Returns a chart with its note and its description below."""
    note = f"{chart.note[0].upper()}{chart.note[1:]}. " if chart.note else ""
    words = escape(note + chart.description)
    return f'<figure>{svg(chart)}<figcaption class="small faint">{words}</figcaption></figure>'


def header(report: Report, made_at: str, version: str, there: list[tuple[str, str]]) -> str:
    """Title, what this is, and where to go."""
    links = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in there)
    return (
        f"<header><h1>{html(report.name)}</h1>"
        f'<p class="faint">judged on {html(report.data.name)}, {html(report.split.name)} · '
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
            f"<tr><th scope=row>{html(label)}</th><td>{html(kind)}</td><td>{html(shape)}</td>"
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
        f"<div><dt>{html(name)}</dt><dd>{html(words, 200)}</dd></div>"
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
        words += f", {duration(learning.end.seconds)}: {speed:,.0f} images/s"
    yield "training", words


def curves(report: Report) -> str:
    """Loss and accuracy against steps; "" where there is no journal."""
    charts = {} if report.learning is None else learning_charts(report.learning)
    if not charts:
        return ""
    figures = "".join(map(_figure, charts.values()))
    return section("curves", "Learning", f'<div class="charts">{figures}</div>')


def again(report: Report) -> str:
    """The commands that repeat it."""
    lines = "\n".join(html(command, 400) for command in report.commands)
    if not lines:
        return ""
    return section("again", "Run it again", f'<pre class="scroll"><code>{lines}</code></pre>')
