"""The files of each page, at the addresses where its JavaScript looks for its data."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import spritenet
from spritenet import sprites
from spritenet.dataset import Dataset, Split
from spritenet.export import SavedModel, files
from spritenet.web.assets import static_bytes, static_text
from spritenet.web.examples import sprite_bytes
from spritenet.web.guard import OPEN_POLICY
from spritenet.web.table import Content, Headed, static_files

__all__ = ["collect_page", "drawing_page", "lab_page"]

DRAWN_ON = re.compile(r"/draw/\w+\.js$")
MODULES = re.compile(r"/(draw|lab)/[\w-]+\.js$")
BUILT_PAGE = "export/draw.html"
START = "images"
LINKS = "export/export.css"
HTML = "text/html; charset=utf-8"
CSS = "text/css; charset=utf-8"

MODEL_TYPES = {"model.json": "application/json", "weights.bin": "application/octet-stream"}


def drawing_page(model: SavedModel, examples: Split | None) -> dict[str, Content]:
    """The drawing page at /draw/.

    Args:
        model: at model/model.json and model/weights.bin, without its optimizer state.
        examples: at examples.png, for further training; an empty answer if there are none.

    Raises:
        ModelError: the network doesn't choose among classes.
    """
    model.check_classifies()
    table = static_files("draw")
    for name, data in files(model).items():
        table[f"/draw/model/{name}"] = data, MODEL_TYPES[name]
    found = b"" if examples is None else sprite_bytes(examples)
    return {**table, "/draw/examples.png": (found, "image/png")}


@contextmanager
def lab_page(data: Dataset | Path) -> Iterator[dict[str, Content]]:
    """The lab at /lab/, while the context lasts.

    Args:
        data: the training data, served as data.png; if it needs several sprites, as dataset.json
            and the files it names. The path of a sprite, or of a folder of sprites, is served as
            it is.

    Raises:
        DataError: the sprite is damaged.
    """
    with TemporaryDirectory(prefix="spritenet-") as folder:
        packed = data if isinstance(data, Path) else sprites.pack(data, Path(folder) / "data.png")
        is_folder = packed.is_dir() or packed.name == sprites.INDEX
        yield {**collect_page(lab=True), **_lab_files(is_folder), **_sprites(packed)}


def collect_page(start: bytes = b"", *, lab: bool = False) -> dict[str, Content]:
    """The Collect page at /collect/.

    Args:
        start: the images to begin with, as a sprite or as a project's file; empty for none.
        lab: True if the lab is served, too: the pages then lead to each other.
    """
    modules = {n: file for n, file in static_files("draw", "lab").items() if MODULES.match(n)}
    table = {**modules, **static_files("collect")}
    table[f"/{BUILT_PAGE}"] = static_bytes(BUILT_PAGE), HTML
    words = {"version": spritenet.__version__}
    if start:
        # The hash: other images are another project in the browser.
        words["start"] = f"{START} {hashlib.sha256(start).hexdigest()[:16]}"
        table[f"/collect/{START}"] = start, "application/octet-stream"
    page = static_text("collect/index.html")
    page = _with_words(page, words)
    page = _with_links(page, "Collect") if lab else page
    table["/collect/"] = page.encode(), HTML
    return table


def _with_words(page: str, words: dict[str, str]) -> str:
    """Returns a page with words for its program."""
    for name, word in words.items():
        empty = f'<meta name="spritenet-{name}" content="">'
        page = page.replace(empty, empty.replace('""', f'"{html.escape(word)}"'))
    return page


def _with_links(page: str, shown: str) -> str:
    """Returns a page with links to the lab and to Collect at its top."""
    marks = {shown: ' aria-current="page"'}
    links = "".join(
        f'<a href="../{name.lower()}/"{marks.get(name, "")}>{name}</a>'
        for name in ("Lab", "Collect")
    )
    page = page.replace("</title>", f'</title><link rel="stylesheet" href="../{LINKS}">', 1)
    nav = f'<nav class="pages" aria-label="Pages">{links}</nav>'
    return re.sub(r"(<main [^>]*>)", rf"\g<1>{nav}", page, count=1)


def _lab_files(is_folder: bool) -> dict[str, Content]:
    """The page itself, with what it takes of the drawing page: the sheet to draw on."""
    pad = {name: file for name, file in static_files("draw").items() if DRAWN_ON.match(name)}
    table = {**pad, **static_files("lab"), f"/{LINKS}": (static_bytes(LINKS), CSS)}
    page = static_text("lab/index.html")
    if is_folder:
        page = page.replace('content="data.png"', f'content="{sprites.INDEX}"')
    page = _with_words(page, {"version": spritenet.__version__})
    content = _with_links(page, "Lab").encode(), HTML
    table["/lab/"] = Headed(content, (("Content-Security-Policy", OPEN_POLICY),))
    return table


def _sprites(path: Path) -> dict[str, Content]:
    """A sprite at /lab/data.png, or a folder's at their own names."""
    if not path.is_dir() and path.name != sprites.INDEX:
        sprites.Sprite(path).close()  # its head is sound
        return {"/lab/data.png": path}
    with sprites.SpriteFolder(path) as folder:
        names = (sprites.INDEX, *(shard.file for shard in folder.shards))
        return {f"/lab/{quote(name)}": folder.path / name for name in names}
