"""The report as one HTML page with its style, script and images inside."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import spritenet
from spritenet.atomic import write_file
from spritenet.formatting import html
from spritenet.report import Report
from spritenet.web.assets import static_text
from spritenet.web.report import class_metrics, galleries, matrix, multi_label, sections
from spritenet.web.report.augmentation import augmentation
from spritenet.web.report.sheet import Sheet

__all__ = ["inline_digest", "inline_style", "page", "write_report"]

ORDER = (
    *("trained", "curves", "augmentation", "confusion", "classes", "together"),
    *("precision-recall", "mistakes", "calibration", "near-duplicates", "robustness", "again"),
)

STYLES = ("ui/theme.css", "ui/tables.css", "report/report.css")


def page(report: Report, *, at: datetime | None = None) -> str:
    """Returns a report as HTML that loads nothing.

    Args:
        report: the results.
        at: the time on the page; now by default.
    """
    sheet = Sheet(report.split.image_shape)
    several = report.is_multi_label
    shown_mistakes = multi_label.mistakes if several else galleries.mistakes
    parts = [  # in the order in which images matter, if there isn't room for all
        ("trained", "Model and data", sections.trained(report)),
        ("curves", "Learning curves", sections.curves(report)),
        ("augmentation", "Augmentation", augmentation(report, sheet)),
        ("mistakes", "Mistakes", shown_mistakes(report, sheet)),
        ("near-duplicates", "Near-duplicates", galleries.near_duplicates(report, sheet)),
        ("robustness", "Robustness", galleries.robustness(report, sheet)),
        *(_of_several(report) if several else _of_one(report, sheet)),
        ("again", "Reproduction", sections.again(report)),
    ]
    shown = sorted((p for p in parts if p[2]), key=lambda part: ORDER.index(part[0]))
    style = "".join(inline_style(name) for name in STYLES)
    script = static_text("report/report.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{inline_digest(style)}'; "
        f"script-src '{inline_digest(script)}'; base-uri 'none'; form-action 'none'"
    )
    made = (at or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC")
    body = "\n".join(content for _, _, content in shown)
    links = [(name, title) for name, title, _ in shown]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Spritenet {spritenet.__version__}">
<title>{html(report.name)} on {html(report.data.name)}: report</title>
<style>{style}</style>
</head>
<body>
{sheet.element()}
<div class="page">
{sections.header(report, made, spritenet.__version__, links)}
<main>
{(multi_label.summary if several else sections.summary)(report)}
{body}
</main>
</div>
<script>{script}</script>
</body>
</html>
"""


def _of_one(report: Report, sheet: Sheet) -> list[tuple[str, str, str]]:
    """Returns the sections on classes of which one is right."""
    return [
        ("confusion", "Confusion matrix", matrix.confusion(report, sheet)),
        ("classes", "Classes", class_metrics.classes(report)),
        ("calibration", "Calibration", class_metrics.calibration(report)),
    ]


def _of_several(report: Report) -> list[tuple[str, str, str]]:
    """Returns the sections on multi-label predictions."""
    return [
        ("classes", "Classes", multi_label.classes(report)),
        ("together", "Together", multi_label.together(report)),
        ("precision-recall", "Precision and recall", multi_label.curves(report)),
    ]


def write_report(report: Report, path: Path) -> int:
    """Writes a report atomically, and returns its number of bytes.

    Raises:
        RunError: the file can't be written.
    """
    data = page(report).encode()
    write_file(path, data)
    return len(data)


def inline_style(name: str) -> str:
    """Returns a style sheet without comments and indentation."""
    css = re.sub(r"/\*.*?\*/", "", static_text(name), flags=re.DOTALL)
    return "\n".join(line.strip() for line in css.splitlines() if line.strip()) + "\n"


def inline_digest(content: str) -> str:
    """Returns the hash of an inline script or style, for a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
