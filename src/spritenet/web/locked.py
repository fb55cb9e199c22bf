"""What those are shown who have no key: one page that says where the key is."""

from __future__ import annotations

import base64
import hashlib

from starlette.responses import HTMLResponse, Response

__all__ = ["locked"]

STYLE = """
:root { color-scheme: light dark }
body { font: 17px/1.5 system-ui, sans-serif; max-width: 34em; margin: 20vh auto; padding: 0 1em }
h1 { font-size: 1.3em }
"""
PAGE = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Spritenet: open the address from the terminal</title>
<style>{STYLE}</style>
<h1>This page needs the address from the terminal.</h1>
<p>Each address that <code>spritenet</code> prints there opens once, in one browser.
If it was used already, a new one stands there now: copy it as a whole, with its token.</p>
</html>
"""
DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{DIGEST}'; frame-ancestors 'none'"


def locked() -> Response:
    """The answer 401."""
    return HTMLResponse(PAGE, 401, {"Content-Security-Policy": POLICY})
