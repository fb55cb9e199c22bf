"""Pages in a browser: the local server, and what it serves.

    serving.py      listens on a port, opens the browser, ends with Ctrl-C
    application.py  pages and routes behind the guard
    guard.py        who may ask for what: hosts.py (Host and Origin), keys.py (token and cookie)
    patience.py     how long a request may take to arrive
    table.py        the fixed table of files: address → file or bytes
    pages.py        what each page is served with; examples.py, images to teach a network with
    locked.py       what those are shown who have no key
    watch.py        the live page: journals as they grow, and control

    bundle/         a model and its pages in one HTML file

    static/         the pages and the JavaScript library: plain ES modules, no build step

Only cli imports it. It is the one door to starlette and uvicorn.
"""

from __future__ import annotations

from spritenet.web.application import application
from spritenet.web.bundle import Parts, one_file
from spritenet.web.examples import examples_for, for_one_sprite
from spritenet.web.keys import Keys
from spritenet.web.pages import drawing_page, lab_page
from spritenet.web.serving import Site, listen, running, serve
from spritenet.web.table import Content, Moved, Table, static_files
from spritenet.web.watch import watching

__all__ = [
    "Content",
    "Keys",
    "Moved",
    "Parts",
    "Site",
    "Table",
    "application",
    "drawing_page",
    "examples_for",
    "for_one_sprite",
    "lab_page",
    "listen",
    "one_file",
    "running",
    "serve",
    "static_files",
    "watching",
]
