"""`spritenet lab`: train in the browser, with no Python behind it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli.reading import Reading, reads_data
from spritenet.cli.serving import Host, NoBrowser, Port, serve
from spritenet.formatting import plural, shape

if TYPE_CHECKING:
    from spritenet.dataset import Dataset

__all__ = ["lab"]

PORT = 8029


@reads_data
def lab(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="A data set: strokes, mnist, fashion-mnist, kmnist, or the path of one.",
        ),
    ] = "strokes",
    host: Host = "127.0.0.1",
    port: Port = PORT,
    no_browser: NoBrowser = False,
    *,
    reading: Reading,
) -> None:
    """Open a page that trains a network on a data set, in the browser itself."""
    from spritenet.web.pages import lab_page

    loaded = _data(data, reading)
    with lab_page(loaded) as pages:
        print(_described(loaded))
        serve(pages, home="/lab/", host=host, port=port, no_browser=no_browser)


def _data(name: str, reading: Reading) -> Dataset | Path:
    """The data set, or the path of sprites, which are served as they are."""
    from spritenet.cli.data import load
    from spritenet.sources.catalog import CATALOG
    from spritenet.sources.sprite import is_sprite

    path = Path(name).expanduser()
    if not reading.given and name not in CATALOG and path.exists() and is_sprite(path):
        return path
    return load(name, reading)


def _described(data: Dataset | Path) -> str:
    """What is in it."""
    from spritenet import sprites

    if not isinstance(data, Path):
        count = sum(len(split) for split in data.splits.values())
        return _line(data.name, count, data.image_shape, data.class_names)
    kind = sprites.SpriteFolder if data.is_dir() or data.name == sprites.INDEX else sprites.Sprite
    with kind(data) as opened:
        return _line(str(data), len(opened), opened.image_shape, opened.metadata.class_names)


def _line(name: str, count: int, image_shape: tuple[int, ...], classes: tuple[str, ...]) -> str:
    """The same in a line."""
    of = f"{plural(count, 'image')} of {shape(image_shape)} pixels"
    return f"{name}: {of}, {plural(len(classes), 'class')}"
