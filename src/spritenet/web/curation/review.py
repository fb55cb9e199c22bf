"""The page that shows findings in a data set, to accept or reject each and save the changes."""

from __future__ import annotations

from spritenet.curation.changes import COLUMNS
from spritenet.curation.findings import KINDS, Finding, Findings
from spritenet.formatting import duration, html, percent, plural
from spritenet.web.curation.document import document
from spritenet.web.report.sheet import Sheet

__all__ = ["review_page"]

MOST = 400
"""Findings of each kind on the page."""

TITLES = {
    "label": ("Wrong labels", "The label, and what networks take the image for."),
    "duplicate": ("Duplicates", "All pixels are those of the image on the left."),
    "near-duplicate": ("Near-duplicates", "Nearly the same pixels as the image on the left."),
    "outlier": ("Outliers", "Unlike all other images of the split."),
}


def review_page(found: Findings) -> str:
    """Returns the page for findings, as HTML that loads nothing.

    Where there are more than 400 of a kind, or more images than a page holds, the surest are shown.
    """
    sheet = Sheet(found.data.image_shape)
    sections, shown = [], 0
    for kind in KINDS:
        findings = found.of(kind)
        cards: list[str] = []
        for finding in findings[:MOST]:
            if sheet.full:
                break
            cards.append(_card(finding, found, sheet, shown + len(cards)))
        shown += len(cards)
        if findings:
            sections.append(_section(kind, cards, len(findings)))
    names = found.data.class_names
    splits = ", ".join(f"{name} {len(split):,} images" for name, split in found.data.splits.items())
    noise = "; ".join(
        f"{percent(fraction)} of the labels of {html(name)} are probably wrong"
        for name, fraction in found.noise.items()
    )
    pairs = ", ".join(
        f"{html(a, 20)} and {html(b, 20)} ({count:,})" for a, b, count in found.overlaps[:6]
    )
    overlaps = f"<p>Classes taken for each other, in images: {pairs}.</p>" if pairs else ""
    nothing = "" if found.findings else "<p><b>Nothing was found.</b></p>"
    body = f"""{sheet.element()}
<div class="page">
<header><h1>{html(found.data.name)}: images to review</h1>
<p class="faint">{html(splits, 200)} · {plural(len(found.findings), "finding")} in
{duration(found.seconds)}</p>
<p>{noise}. Nothing has been changed: choose what to do with each image, save the changes, and
make them in a copy with <code>spritenet clean DATA --apply changes.csv --out NEW.png</code>.</p>
{overlaps}{nothing}</header>
<div class="bar" role="region" aria-label="Changes">
<p id="count" role="status"></p>
<label>Show <select id="filter"><option value="">all</option>
<option value="open">still to decide</option><option value="done">decided</option></select></label>
<button id="undo" type="button" disabled>Undo</button>
<button id="save" type="button" class="primary">Save changes.csv</button>
</div>
<main>{"".join(sections)}</main>
</div>"""
    values = {
        "name": found.data.content_hash,
        "columns": COLUMNS,
        "classes": names,
        "findings": [_values(finding) for finding in _shown(found, shown)],
    }
    return document(f"{found.data.name}: images to review", "review.js", body, values)


def _shown(found: Findings, shown: int) -> list[Finding]:
    """Returns the findings that have a card, in the order of the cards."""
    return [finding for kind in KINDS for finding in found.of(kind)[:MOST]][:shown]


def _values(finding: Finding) -> dict[str, object]:
    """Returns what the script knows of a finding."""
    return {
        "kind": finding.kind,
        "split": finding.split,
        "index": finding.index,
        "label": finding.label,
        "to": finding.suggested,
        "reason": finding.reason,
        "score": round(finding.score, 4),
    }


def _section(kind: str, cards: list[str], total: int) -> str:
    """Returns the findings of one kind."""
    title, note = TITLES[kind]
    some = f" The {len(cards):,} surest of {total:,}." if len(cards) < total else ""
    accept = {"label": "Relabel all as suggested", "duplicate": "Remove all copies"}.get(kind, "")
    button = f'<button type="button" data-accept="{kind}">{accept}</button>' if accept else ""
    return (
        f'<section class="panel" aria-labelledby="{kind}-title"><div class="head">'
        f'<h2 id="{kind}-title">{title} <span class="faint">{total:,}</span></h2>{button}</div>'
        f'<p class="small faint">{note}{some}</p><ul class="cards">{"".join(cards)}</ul></section>'
    )


def _card(finding: Finding, found: Findings, sheet: Sheet, number: int) -> str:
    """Returns one finding with its images and its choices."""
    split = found.data[finding.split]
    image = split.images[finding.index]
    name = f"{finding.split} {finding.index}, {finding.label}"
    shown = sheet.show(sheet.add(image), name)
    if finding.other is not None:
        other, index = finding.other
        left = found.data[other].images[index]
        label = f"{other} {index}, {finding.other_label}"
        shown = f"{sheet.show(sheet.add(left), label)}{shown}"
    arrow = f" → <b>{html(finding.suggested, 16)}</b>" if finding.suggested else ""
    also = (
        f'<br><span class="wrong">✗ the other is {html(finding.other_label, 16)}</span>'
        if finding.other_label and finding.other_label != finding.label
        else ""
    )
    return (
        f'<li class="card" data-number="{number}"><div class="shots">{shown}</div>'
        f"<p>{html(finding.label, 16)}{arrow}{also}<br>"
        f'<span class="faint small">{html(finding.split, 12)} {finding.index} · '
        f"{finding.score:.2f}</span></p>"
        f'<div class="choices" role="group" aria-label="{html(name)}">'
        '<button type="button" data-action="keep" aria-pressed="false">Keep</button>'
        '<button type="button" data-action="relabel" aria-pressed="false">Relabel</button>'
        '<button type="button" data-action="remove" aria-pressed="false">Remove</button></div>'
        '<label class="to" hidden>as <select></select></label></li>'
    )
