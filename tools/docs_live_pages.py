"""Hooks of MkDocs for the live pages of the site: the drawing page, the lab and Collect.

A page of docs/ names a live page in a comment, `<!-- live: lab -->`, where the site shows it in a
frame. The pages are files that request nothing, so they run when the site is opened from disk.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

import spritenet as sn
from spritenet import export
from spritenet.dataset import Dataset
from spritenet.web.examples import examples_for
from spritenet.web.html_file import PageContents, collect_file, html_file

FOLDER = "live"
LIVE = re.compile(r"<!-- live: (\w+) -->")
LIVE_PAGES = {
    "draw": ("draw.html#draw", "The drawing page, with a network trained on <code>strokes2</code>"),
    "lab": ("draw.html#lab", "The lab, with images of <code>strokes2</code>"),
    "collect": ("collect.html", "Collect"),
}
FRAME = """
<figure class="live">
<iframe src="{address}" title="{name}" loading="lazy" allow="camera"></iframe>
<figcaption>{text}, running in this page.
<a href="{address}" target="_blank">In its own tab</a></figcaption>
</figure>
"""
LAB_IMAGES = 6000


def on_page_markdown(markdown: str, *, page: Any, **_: object) -> str:  # noqa: ANN401 - MkDocs' own type changes with its releases
    """Puts frames in place of the comments."""
    up = "../" * (len(PurePosixPath(page.file.src_uri).parts) - 1)

    def frame(found: re.Match[str]) -> str:
        file, text = LIVE_PAGES[found[1]]
        return FRAME.format(address=f"{up}{FOLDER}/{file}", name=found[1], text=text)

    return LIVE.sub(frame, markdown)


def on_post_build(config: Any) -> None:  # noqa: ANN401 - as above
    """Trains a network, and writes the live pages with it."""
    data = sn.load("strokes2")
    model = sn.networks.fast(data.train)
    options = sn.networks.fit_options("fast")
    model.fit(data.train, validation_data=data.test, verbose=0, **options)
    with tempfile.TemporaryDirectory() as folder:
        model.save(folder)
        saved = export.read(folder)
    splits = {"train": data.train[:LAB_IMAGES], "test": data.test}
    some = Dataset(data.name, splits, data.class_names, data.source, data.licence)
    live = Path(config["site_dir"], FOLDER)
    live.mkdir(exist_ok=True)
    contents = PageContents(saved, examples_for(saved, data), some)
    (live / "draw.html").write_bytes(html_file(contents))
    (live / "collect.html").write_bytes(collect_file())
