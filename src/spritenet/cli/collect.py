"""`spritenet collect`: a page to collect images of classes, and to train a network on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.cli.serving import Host, NoBrowser, Port, serve
from spritenet.formatting import plural, shape

if TYPE_CHECKING:
    from spritenet.dataset import Dataset

__all__ = ["collect"]

PORT = 8031
MAXIMAL_IMAGES = 4000
ZIP = b"PK\x03\x04"
PROJECT = b"project.json"


@with_data_options
def collect(
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="Data set or saved project to begin with.",
            show_default="what the browser keeps",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the page as one HTML file instead.", show_default=False
        ),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = PORT,
    no_browser: NoBrowser = False,
    *,
    data_options: DataOptions,
) -> None:
    """Open a page to collect images by camera, drawing or files, and to train on them."""
    from spritenet.web.model_files import LARGEST_MODEL, model_routes
    from spritenet.web.pages import collect_page

    start = b""
    if data is None:
        data_options.refuse("collect", "is for a data set to begin with")
    else:
        start = _start(data, data_options)
    if out is not None:
        _write(out, start)
        return
    serve(
        collect_page(start),
        model_routes("/collect/"),
        home="/collect/",
        host=host,
        port=port,
        no_browser=no_browser,
        largest_body=LARGEST_MODEL,
    )


def _write(out: Path, start: bytes) -> None:
    """Writes the page as one HTML file.

    Raises:
        InputError: the name is another kind of file's, or a folder's.
    """
    from spritenet.atomic import new_file
    from spritenet.errors import InputError
    from spritenet.web.html_file import collect_file

    if out.suffix.lower() not in {".html", ".htm"} or out.is_dir():
        raise InputError("not the name of an HTML file", where="--out", got=out)
    page = collect_file(start)
    with new_file(out) as file:
        file.write(page)
    print(f"{out}: {len(page):,} bytes")


def _start(name: str, options: DataOptions) -> bytes:
    """Returns a project's file, or a data set as a sprite.

    Raises:
        InputError: it can't be read, or has too many images.
    """
    from spritenet.cli.datasets import load

    path = Path(name).expanduser()
    if path.is_file():
        with path.open("rb") as file:
            first = file.read(64)
        if first.startswith(ZIP) and first[30:].startswith(PROJECT):
            print(f"{path}: a project")
            return path.read_bytes()
    data = load(name, options)
    return _sprite(data)


def _sprite(data: Dataset) -> bytes:
    """Returns all images of a data set as a sprite."""
    from spritenet.errors import DataError
    from spritenet.web.examples import sprite_bytes

    count = sum(len(split) for split in data.splits.values())
    if count > MAXIMAL_IMAGES:
        raise DataError(
            "too many images to look at each",
            where=data.name,
            expected=f"at most {MAXIMAL_IMAGES:,}",
            got=f"{count:,}",
            do="Type spritenet lab to train on them in the browser.",
        )
    if data.is_multi_label:
        raise DataError(
            "the images have several classes each", where=data.name, expected="one class each"
        )
    size = shape(data.image_shape)
    print(f"{data.name}: {plural(count, 'image')} of {size} pixels")
    return sprite_bytes(data)
