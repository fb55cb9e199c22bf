"""The page for visitors without a key, which says where the key is."""

from __future__ import annotations

import base64
import hashlib

from starlette.responses import HTMLResponse, Response

__all__ = ["locked"]

STYLE = """
:root { color-scheme: light dark; --paper: #faf9f6; --ink: #1c1d20; --faint: #5c6068 }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16171a; --ink: #ececea; --faint: #a3a7af }
}
body { margin: 0; background: var(--paper); color: var(--ink) }
body { font: 15px/1.6 system-ui, sans-serif }
main { max-width: 30em; margin: 0 auto; padding: 18vh 20px 0 }
h1 { margin: 0 0 .5em; font-size: 20px; font-weight: 650; line-height: 1.3 }
p { margin: 0; color: var(--faint) }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace }
"""
PAGE = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Spritenet: open the address from the terminal</title>
<style>{STYLE}</style>
<main>
<h1>Open the address from the terminal</h1>
<p>Each address that <code>spritenet</code> prints there opens once, in one browser. If it was used
already, a new one stands there now. Copy it as a whole, with its token.</p>
</main>
</html>
"""
DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{DIGEST}'; img-src data:; frame-ancestors 'none'"


def locked() -> Response:
    """The answer 401."""
    return HTMLResponse(PAGE, 401, {"Content-Security-Policy": POLICY})
