"""The file: one HTML page with its looks, its script and its images inside."""

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
from spritenet.web.report import class_metrics, galleries, matrix, sections
from spritenet.web.report.sheet import Sheet

__all__ = ["page", "write_report"]

STATIC = Path(__file__).parents[1] / "static"
ORDER = (
    *("trained", "curves", "confusion", "classes", "mistakes", "calibration"),
    *("twins", "stress", "again"),
)

STYLES = ("ui/theme.css", "report/report.css")


def page(report: Report, *, at: datetime | None = None) -> str:
    """A report as HTML that asks for nothing else.

    Args:
        report: its numbers.
        at: when it was made; now by default.
    """
    sheet = Sheet(report.split.image_shape)
    parts = [  # in the order in which images matter, if there isn't room for all
        ("trained", "What was trained", sections.trained(report)),
        ("curves", "Learning", sections.curves(report)),
        ("mistakes", "Mistakes", galleries.mistakes(report, sheet)),
        ("twins", "Near-duplicates", galleries.twins(report, sheet)),
        ("stress", "When images change", galleries.under_stress(report, sheet)),
        ("confusion", "Confusion", matrix.confusion(report, sheet)),
        ("classes", "Classes", class_metrics.classes(report)),
        ("calibration", "Calibration", class_metrics.calibration(report)),
        ("again", "Run it again", sections.again(report)),
    ]
    shown = sorted((p for p in parts if p[2]), key=lambda part: ORDER.index(part[0]))
    style = "".join(_style(name) for name in STYLES)
    script = (STATIC / "report" / "report.js").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; "
        f"script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'"
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
{sections.summary(report)}
{body}
</main>
</div>
<script>{script}</script>
</body>
</html>
"""


def write_report(report: Report, path: Path) -> int:
    """Write it, whole or not at all; how many bytes it has.

    Raises:
        RunError: the disk refuses.
    """
    data = page(report).encode()
    write_file(path, data)
    return len(data)


def _style(name: str) -> str:
    """A style sheet without comments and indentation."""
    css = re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    return "\n".join(line.strip() for line in css.splitlines() if line.strip()) + "\n"


def _digest(content: str) -> str:
    """As a content security policy names an inline script or style."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
