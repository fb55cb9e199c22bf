"""The HTML document around a page about images: style, script and values inside, nothing loaded."""

from __future__ import annotations

import json

import spritenet
from spritenet.formatting import html
from spritenet.web.assets import static_text
from spritenet.web.report.page import inline_digest, inline_style

__all__ = ["document"]

STYLES = ("ui/theme.css", "curation/curation.css")


def document(title: str, script: str, body: str, values: object) -> str:
    """Returns a page.

    Args:
        title: of the document.
        script: the name of its script in static/curation.
        body: HTML inside <body>.
        values: what the script reads from the element `values`, as JSON.
    """
    style = "".join(inline_style(name) for name in STYLES)
    program = static_text(f"curation/{script}")
    text = json.dumps(values, ensure_ascii=True).replace("<", "\\u003c")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{inline_digest(style)}'; "
        f"script-src '{inline_digest(program)}'; base-uri 'none'; form-action 'none'"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Spritenet {spritenet.__version__}">
<title>{html(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
<script type="application/json" id="values">{text}</script>
<script>{program}</script>
</body>
</html>
"""
