"""`spritenet export`: a saved model as one HTML file, or for TensorFlow.js."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Json, Model, data_of
from spritenet.cli.models import Classes, Pixels, read_saved
from spritenet.cli.reading import Reading, reads_data
from spritenet.cli.suffix import check_ending
from spritenet.errors import DataError, InputError
from spritenet.formatting import plural

if TYPE_CHECKING:
    from spritenet.dataset import Dataset, Split
    from spritenet.export import SavedModel

__all__ = ["Form", "export"]


class Form(StrEnum):
    """What to write."""

    HTML = "html"
    TFJS = "tfjs"


@reads_data
def export(
    model: Model,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A file .html, or a new folder.")],
    to: Annotated[
        Form | None,
        typer.Option(
            help="The drawing page in one file, or TensorFlow.js's folder.", show_default=False
        ),
    ] = None,
    with_data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Also put this data set and the lab into the HTML file.",
            show_default=False,
        ),
    ] = None,
    pixels: Pixels = None,
    classes: Classes = None,
    json: Json = False,
    *,
    reading: Reading,
) -> None:
    """Write a saved model as one HTML file, which opens offline, or for TensorFlow.js."""
    from spritenet import export as models
    from spritenet.destination import destination

    form = to or (Form.HTML if out.suffix.lower() in {".html", ".htm"} else Form.TFJS)
    check_ending(out, *([".html", ".htm"] if form is Form.HTML else []), folder=form is Form.TFJS)
    if form is Form.TFJS and with_data is not None:
        raise InputError("only an HTML file holds data", where="--with-data", got=form.value)
    if with_data is None:
        reading.refused("export", "is for the data set that --with-data names")
    else:
        _, reading = data_of(model, with_data, reading, "")
    saved = read_saved(model, pixels, classes)
    images, left_out, teaches = 0, 0, True
    with destination(out) as place:
        if form is Form.HTML:
            images, left_out, teaches = _html(saved, place.path, with_data, reading)
            size = place.path.stat().st_size
        else:
            models.save(saved, place.path)
            size = sum(file.stat().st_size for file in place.path.iterdir())
    path = place.of(place.path)
    if json:
        written = {"path": str(path), "to": form.value, "bytes": size}
        terminal.print_json({**written, "images": images, "left_out": left_out})
        return
    if not teaches:
        print(f"{with_data} is for the lab alone: its images are not what the model takes")
    if left_out:
        print(f"{plural(left_out, 'image')} of {with_data} left out: one sprite can't hold more")
    print(f"{path}: {size:,} bytes" + (f" with {plural(images, 'image')}" if images else ""))


def _html(
    model: SavedModel, out: Path, name: str | None, reading: Reading
) -> tuple[int, int, bool]:
    """Write the HTML file.

    Returns:
        How many images of the data set are in it; how many are not; and whether they, if any, are
        such as the model takes, so that the drawing page can teach it with them.
    """
    from spritenet.atomic import new_file
    from spritenet.cli.data import load
    from spritenet.web.examples import for_one_sprite
    from spritenet.web.html_file import PageContents, html_file

    if out.is_dir():
        raise InputError("it is a folder", where=out, expected="the name of an HTML file")
    model.check_classifies()
    contents, images, whole, examples = PageContents(model), 0, 0, None
    if name is not None:
        data = load(name, reading)
        some = for_one_sprite(data)
        images, whole = (sum(map(len, each.splits.values())) for each in (some, data))
        examples = _examples(model, data)
        contents = PageContents(model, examples, some)
    page = html_file(contents)
    with new_file(out) as file:
        file.write(page)
    return images, whole - images, name is None or examples is not None


def _examples(model: SavedModel, data: Dataset) -> Split | None:
    """Images to teach it with, if the data is what the model takes; the lab takes any."""
    from spritenet.web.examples import examples_for

    try:
        return examples_for(model, data)
    except DataError:
        return None
