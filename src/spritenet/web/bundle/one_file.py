"""A model and its pages in one HTML file, which opens from disk and asks nobody for anything.

The file holds, in this order: a content security policy that allows its own script and nothing
else; the style sheets; a template for each page; the core, the model and the examples as base64
(compressed, where that makes them smaller); the program, all modules in one script; and at its end
the data, which may be large and isn't waited for by the drawing page.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from dataclasses import dataclass

import deflate
import numpy as np

import spritenet
from spritenet.dataset import Dataset, Split
from spritenet.errors import CoreError
from spritenet.export import SavedModel, files
from spritenet.web.bundle.modules import gather, program
from spritenet.web.bundle.page_source import PageSource, read_page
from spritenet.web.examples import sprite_bytes
from spritenet.web.table import ICON, STATIC

__all__ = ["Parts", "one_file"]

WORKER = "lib/worker.js"
WORKERS_DOOR = "lib/remote.js"
OPEN = "export/open.js"
START = f'load("{OPEN}").open(load);'
START_EITHER = f'if(typeof document==="undefined")load("{WORKER}");else {START}'
PROGRAM = '(()=>{{"use strict";\n{}}})();'
NOTICE = "Made with Spritenet {version}, Apache-2.0. It holds all it needs, and asks nobody."
WEIGHTS = "weights.bin"
FLOAT = 4  # bytes
LEVEL = 12  # of libdeflate: the smallest


@dataclass(frozen=True, slots=True)
class Parts:
    """What a file carries.

    Attributes:
        model: the drawing page's.
        examples: images to teach it with.
        data: what the lab trains on; without it there is no lab.
    """

    model: SavedModel
    examples: Split | None = None
    data: Dataset | Split | None = None


def one_file(parts: Parts) -> bytes:
    """The HTML file.

    Raises:
        CoreError: a page uses what can't be moved: our mistake.
        InputError: the data is too large for one sprite.
        ModelError: the network doesn't choose among classes, which its drawing page shows.
    """
    parts.model.check_classifies()
    names = ["draw"] if parts.data is None else ["draw", "lab"]
    pages = [read_page(name, _read) for name in names]
    script = _program([page.entry for page in pages])
    styles = _styles(pages)
    notice = NOTICE.format(version=spritenet.__version__)
    if '"vendor/' in script:
        notice += "\n\nIt holds uPlot:\n\n" + _read("vendor/uplot-LICENSE").strip()
    lines = [
        "<!doctype html>",
        f"<!-- {notice} -->",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(script, styles)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f'<link rel="icon" href="data:image/svg+xml;base64,{_base64(_read(ICON).encode())}">',
        f"<title>{pages[0].title}</title>",
        f"<style>{styles}</style>",
        "</head>",
        "<body>",
        *(_template(page) for page in pages),
        *_payloads(parts),
        f'<script id="program">{_inside(script, "script")}</script>',
    ]
    if parts.data is not None:
        lines.append(_payload("data.png", sprite_bytes(parts.data)))
    return "\n".join([*lines, "</body>", "</html>", ""]).encode()


def _program(entries: list[str]) -> str:
    """The script of the file, and of the workers that its pages start."""
    modules = gather([*entries, OPEN], _read)
    if WORKERS_DOOR not in modules:
        return PROGRAM.format(program(modules, entries) + START)
    modules = gather([*entries, WORKER, OPEN], _read)
    return PROGRAM.format(program(modules, [*entries, WORKER]) + START_EITHER)


def _read(name: str) -> str:
    """A file of ours."""
    return (STATIC / name).read_text(encoding="utf-8")


def _styles(pages: list[PageSource]) -> str:
    """All style sheets, each once, without comments and indentation."""
    names = dict.fromkeys(style for page in pages for style in page.styles)
    if len(pages) > 1:
        names["export/export.css"] = None
    text = "\n".join(_read(name) for name in names)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    lines = (line.strip() for line in text.splitlines())
    return _inside("\n".join(line for line in lines if line), "style")


def _template(page: PageSource) -> str:
    """A page that is not shown yet."""
    title = html.escape(page.title)
    return (
        f'<template id="{page.name}" title="{title}" data-entry="{page.entry}">\n'
        f"{page.body}\n</template>"
    )


def _payloads(parts: Parts) -> list[str]:
    """What the drawing page carries."""
    carried = {"core.wasm": (STATIC / "lib" / "core.wasm").read_bytes(), **files(parts.model)}
    if parts.examples is not None:
        carried["examples.png"] = sprite_bytes(parts.examples)
    return [_payload(name, data) for name, data in carried.items()]


def _payload(name: str, data: bytes) -> str:
    """Bytes as text that is no script."""
    kind = 'type="image/png"'
    if not name.endswith(".png"):
        kind = 'type="application/gzip"'
        if name == WEIGHTS:  # a tenth smaller if like bytes stand together: signs and exponents
            kind += f' data-planes="{FLOAT}"'
            data = np.frombuffer(data, np.uint8).reshape(-1, FLOAT).T.tobytes()
        data = bytes(deflate.gzip_compress(data, LEVEL))
    return f'<script {kind} id="{name}">{_base64(data)}</script>'


def _policy(script: str, styles: str) -> str:
    """Nothing but this script and these styles; no request to anywhere."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}' 'wasm-unsafe-eval'; "
        f"style-src '{_digest(styles)}'; img-src data: blob:; worker-src blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    """As a content security policy names an inline script or style."""
    return f"sha256-{_base64(hashlib.sha256(text.encode()).digest())}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _inside(text: str, tag: str) -> str:
    """The text, if it can stand in such an element as it is."""
    if f"</{tag}" in text.lower() or "<!--" in text:
        raise CoreError(f"it would end its <{tag}> element", where=text[:40])
    return text
