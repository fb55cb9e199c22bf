"""`spritenet lab`: a page that trains networks in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spritenet.cli.arguments import Data
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.cli.serving import Host, NoBrowser, Port, serve
from spritenet.formatting import plural, shape

if TYPE_CHECKING:
    from spritenet.dataset import Dataset

__all__ = ["lab"]

PORT = 8029


@with_data_options
def lab(
    data: Data = "strokes",
    host: Host = "127.0.0.1",
    port: Port = PORT,
    no_browser: NoBrowser = False,
    *,
    data_options: DataOptions,
) -> None:
    """Open a page that trains a network on a data set in the browser."""
    from spritenet.web.model_files import LARGEST_MODEL, model_routes
    from spritenet.web.pages import lab_page

    loaded = _load(data, data_options)
    with lab_page(loaded) as pages:
        print(_describe(loaded))
        serve(
            pages,
            [*model_routes("/lab/"), *model_routes("/collect/")],
            home="/lab/",
            host=host,
            port=port,
            no_browser=no_browser,
            largest_body=LARGEST_MODEL,
        )


def _load(name: str, options: DataOptions) -> Dataset | Path:
    """Returns the data set, or the path of sprites, which are served unchanged."""
    from spritenet.cli.datasets import load
    from spritenet.sources.catalog import CATALOG
    from spritenet.sources.sprite import is_sprite

    path = Path(name).expanduser()
    if not options.given and name not in CATALOG and path.exists() and is_sprite(path):
        return path
    return load(name, options)


def _describe(data: Dataset | Path) -> str:
    """Returns a line about the data set."""
    from spritenet import sprites

    if not isinstance(data, Path):
        count = sum(len(split) for split in data.splits.values())
        return _describe_counts(data.name, count, data.image_shape, data.class_names)
    kind = sprites.SpriteFolder if data.is_dir() or data.name == sprites.INDEX else sprites.Sprite
    with kind(data) as opened:
        return _describe_counts(
            str(data), len(opened), opened.image_shape, opened.metadata.class_names
        )


def _describe_counts(
    name: str, count: int, image_shape: tuple[int, ...], classes: tuple[str, ...]
) -> str:
    images = f"{plural(count, 'image')} of {shape(image_shape)} pixels"
    return f"{name}: {images}, {plural(len(classes), 'class')}"
