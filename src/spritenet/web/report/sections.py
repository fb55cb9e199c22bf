"""Sections of a report as HTML: summary, model and data, learning curves, commands."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from spritenet.charts import Chart, svg
from spritenet.formatting import duration, html, percent, plural
from spritenet.model.inspection import rows as layer_rows
from spritenet.report import Report
from spritenet.report.charts import learning_charts

__all__ = ["again", "curves", "header", "hero", "section", "summary", "trained"]


def section(name: str, title: str, *parts: str) -> str:
    """Returns a panel with a heading that can be linked to."""
    return (
        f'<section class="panel" id="{name}" aria-labelledby="{name}-title">'
        f'<h2 id="{name}-title">{title}</h2>{"".join(parts)}</section>'
    )


def _figure(chart: Chart) -> str:
    """Returns a chart with its note and its description below."""
    note = f"{chart.note[0].upper()}{chart.note[1:]}. " if chart.note else ""
    words = escape(note + chart.description)
    return f'<figure>{svg(chart)}<figcaption class="small faint">{words}</figcaption></figure>'


def header(report: Report, made_at: str, version: str, names: list[tuple[str, str]]) -> str:
    """Returns the title, the data set and links to the sections."""
    links = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in names)
    return (
        f"<header><h1>{html(report.name)}</h1>"
        f'<p class="faint">evaluated on {html(report.data.name)}, {html(report.split.name)} · '
        f"{made_at} · Spritenet {version}</p>"
        f'<nav aria-label="Parts of this report"><ul>{links}</ul></nav></header>'
    )


def summary(report: Report) -> str:
    """Returns the accuracy, the other metrics and the warnings."""
    predictions = report.predictions
    low, high = predictions.interval
    errors = int((~predictions.right).sum())
    metrics = [
        ("errors", f"{errors:,}", f"of {plural(len(predictions), 'image')}"),
        ("log loss", f"{predictions.log_loss:.4f}", "nats an image"),
        (
            "balanced accuracy",
            percent(predictions.classes.balanced_accuracy),
            "mean recall of the classes",
        ),
        ("F1, macro", f"{predictions.classes.macro.f1:.4f}", "mean over the classes"),
        (
            "calibration error",
            percent(predictions.calibration().error),
            "confidence against accuracy",
        ),
    ]
    if len(predictions.class_names) > 5:
        metrics.insert(1, ("among the top 5", percent(predictions.top_k(5)), "accuracy"))
    return hero(report, "accuracy", predictions.accuracy, (low, high), metrics)


def hero(
    report: Report,
    metric: str,
    value: float,
    interval: tuple[float, float],
    figures: list[tuple[str, str, str]],
) -> str:
    """Returns the panel of the most important metric and the others, and the warnings.

    Args:
        report: the results.
        metric: the name of the metric.
        value: its value, a fraction.
        interval: its 95 % confidence interval.
        figures: name, value and remark of the others.
    """
    low, high = interval
    figures = [*figures]
    if report.near_duplicates is not None:
        near = report.near_duplicates
        fraction = percent(near.count / max(1, len(near.images)))
        figures.append(("near-duplicates", f"{near.count:,}", f"{fraction} of the images"))
    tiles = "".join(
        f'<div><dt>{name}</dt><dd><b>{words}</b> <span class="faint">{note}</span></dd></div>'
        for name, words, note in figures
    )
    notices = "".join(f'<p class="notice">{words}</p>' for words in _warnings(report))
    return (
        '<section class="panel hero" id="summary" aria-label="Summary">'
        f'<div class="figure"><p class="big">{percent(value)}</p>'
        f"<p>{metric}<br>"
        f'<span class="faint">{percent(low)} to {percent(high)} with 95 % confidence</span></p>'
        "</div>"
        f'<dl class="figures">{tiles}</dl></section>{notices}'
    )


def _warnings(report: Report) -> Iterator[str]:
    """Yields what makes the metrics too optimistic or preliminary."""
    if report.on_training_data:
        yield (
            "The network may have been trained on these images: the data set has no others. "
            "All metrics are too optimistic."
        )
    if report.near_duplicates is not None and report.near_duplicates.exact.any():
        exact = int(report.near_duplicates.exact.sum())
        yield (
            f"{plural(exact, 'image')} of the evaluation {'is' if exact == 1 else 'are'} identical "
            "to training images, which makes the metrics too optimistic."
        )
    training = report.training
    if training is not None and training.end is None:
        yield f"The training is {training.outcome}. This is the last checkpoint."


def trained(report: Report) -> str:
    """Returns the layers, the data set, the training and the machine."""
    model = report.model
    rows, total = [], 0
    for label, kind, shape, size in layer_rows(model.graph, model.input_shape):
        total += size
        count = f"{size:,}" if size else ""
        rows.append(
            f"<tr><th scope=row>{html(label)}</th><td>{html(kind)}</td><td>{html(shape)}</td>"
            f'<td class="number">{count}</td></tr>'
        )
    input_shape = "×".join(map(str, model.input_shape or ()))
    network = (
        '<div class="scroll" tabindex="0" role="region" aria-label="Layers">'
        f'<table class="layers"><caption>The network: images of {input_shape}, '
        f"{plural(total, 'parameter')}, {4 * total:,} bytes</caption><thead><tr>"
        "<th scope=col>layer</th><th scope=col>type</th><th scope=col>output shape</th>"
        f'<th scope=col class="number">parameters</th></tr></thead><tbody>{"".join(rows)}</tbody>'
        "</table></div>"
    )
    facts = "".join(
        f"<div><dt>{html(name)}</dt><dd>{html(words, 200)}</dd></div>"
        for name, words in _facts(report)
    )
    content = f'<div class="halves">{network}<dl class="facts">{facts}</dl></div>'
    return section("trained", "Model, data and training", content)


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    """Yields word and text of each known fact on data, training and machine."""
    data, model = report.data, report.model
    splits = ", ".join(f"{name} {len(split):,}" for name, split in data.splits.items())
    yield "data", f"{data.name}: {splits}"
    size = "×".join(map(str, data.image_shape))
    yield "images", f"{size} pixels, {plural(len(data.class_names), 'class')}"
    for name, words in (("source", data.source), ("licence", data.licence)):
        if words:
            yield name, words
    known = model.trained_on
    digest = known.content_hash if known else str(report.config.get("data_sha256", ""))
    if digest and "train" in data.splits:
        same = digest == data.train.content_hash
        words = "these training images" if same else "other images, or a subset of these"
        yield "trained on", f"{words} (SHA-256 {digest[:12]}…)"
    yield from _training(report)
    yield "weights", f"SHA-256 {model.weights_sha256[:12]}…"
    for name, words in report.machine.items():
        yield name, words


def _training(report: Report) -> Iterator[tuple[str, str]]:
    """Yields optimizer, shuffling and steps, as far as the run or the model has them."""
    config, training, known = report.config, report.training, report.model.trained_on
    optimizer = config.get("optimizer")
    if isinstance(optimizer, dict):
        own = optimizer.get("config")
        rate = own.get("learning_rate") if isinstance(own, dict) else None
        at = f" at {rate:g}" if isinstance(rate, int | float) else ""
        yield "optimizer", f"{optimizer.get('class_name')}{at}"
    plan = config.get("plan")
    if isinstance(plan, dict):
        yield "shuffling", f"seed {plan.get('seed')}, batch size {plan.get('batch_size')}"
    elif known is not None:
        yield "shuffling", f"seed {known.seed}"
    if training is None:
        if known is not None and known.steps:
            yield "training", plural(known.steps, "step")
        return
    words = f"{plural(training.last_step, 'step')}, {training.outcome}"
    if training.end is not None and training.end.seconds:
        speed = training.end.images / training.end.seconds
        words += f", {duration(training.end.seconds)}: {speed:,.0f} images/s"
    yield "training", words


def curves(report: Report) -> str:
    """Returns loss and accuracy against steps; "" without a journal."""
    charts = {} if report.training is None else learning_charts(report.training)
    if not charts:
        return ""
    figures = "".join(map(_figure, charts.values()))
    return section("curves", "Learning curves", f'<div class="charts">{figures}</div>')


def again(report: Report) -> str:
    """Returns the commands that repeat the evaluation."""
    lines = "\n".join(html(command, 400) for command in report.commands)
    if not lines:
        return ""
    return section(
        "again", "Reproduction", f'<pre class="scroll" tabindex="0"><code>{lines}</code></pre>'
    )
