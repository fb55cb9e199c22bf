"""`spritenet export`: writes a saved model as one HTML file, for other libraries, or in C."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Classes, Json, Model, Pixels
from spritenet.cli.c_code import calibration_data, write_c
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.cli.int8_model import quantized
from spritenet.cli.model_formats import (
    HTML,
    C,
    Calibration,
    CName,
    Out,
    OutFormat,
    Precision,
    To,
    check_data,
    out_format,
    resolve_precision,
    size_of,
)
from spritenet.cli.models import read_saved, resolve_data
from spritenet.errors import DataError, InputError
from spritenet.formatting import plural

if TYPE_CHECKING:
    from spritenet.dataset import Dataset, Split
    from spritenet.export import SavedModel

__all__ = ["export", "write_html", "write_other"]


@with_data_options
def export(
    model: Model,
    out: Out,
    to: To = None,
    precision: Precision = None,
    data: Calibration = None,
    name: CName = None,
    with_data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Include a data set and the lab in the HTML file.",
            show_default=False,
        ),
    ] = None,
    pixels: Pixels = None,
    classes: Classes = None,
    json: Json = False,
    *,
    data_options: DataOptions,
) -> None:
    """Write a saved model as one HTML file, for TensorFlow.js, Keras, ONNX or PyTorch, or as C."""
    from spritenet.destination import destination

    form = out_format(out, to)
    precision = resolve_precision(precision, form)
    check_data(data, form, precision, name)
    is_html = form == HTML
    if with_data is not None and not is_html:
        raise InputError("only an HTML file includes data", where="--with-data", got=form)
    if with_data is data is None and precision != "int8":
        data_options.refuse("export", "is for the data set that --with-data or --data names")
    saved = read_saved(model, pixels, classes)
    if with_data is not None:
        _, data_options = resolve_data(model, with_data, data_options, "")
    elif precision == "int8" or data is not None:
        data, data_options = calibration_data(model, saved, data, data_options)
    images, left_out, fits_model, memory = 0, 0, True, ""
    with destination(out) as place:
        if is_html:
            images, left_out, fits_model = write_html(saved, place.path, with_data, data_options)
        else:
            memory = write_other(saved, place.path, form, precision, data, data_options, name)
        size = size_of(place.path)
    path = place.of(place.path)
    if json:
        written = {"path": str(path), "to": str(form), "bytes": size}
        terminal.print_json({**written, "images": images, "left_out": left_out})
        return
    if not fits_model:
        print(f"{with_data} is for the lab only: its images don't fit the model's input")
    if left_out:
        print(f"{plural(left_out, 'image')} of {with_data} left out: too many for one sprite")
    print(f"{path}: {size:,} bytes" + (f" with {plural(images, 'image')}" if images else ""))
    print(memory, end="\n" if memory else "")


def write_other(
    model: SavedModel,
    out: Path,
    form: OutFormat,
    precision: str,
    data: str | None,
    options: DataOptions,
    name: str | None = None,
) -> str:
    """Writes another format than HTML.

    Args:
        model: the model.
        out: the file or folder.
        form: the format.
        precision: one of the format's.
        data: the data set to calibrate int8 with.
        options: its data options.
        name: of C code.

    Returns:
        A line on the memory that C code needs, or "".
    """
    from spritenet import export as models

    if form == C:
        return write_c(model, out, precision, data, options, name)
    if precision == "int8":
        quantized(model, str(data), options).save(out)
    else:
        models.save(model, out, to=form, precision=precision)
    return ""


def write_html(
    model: SavedModel, out: Path, name: str | None, options: DataOptions
) -> tuple[int, int, bool]:
    """Writes the HTML file.

    Returns:
        The number of images included and left out; and whether those included, if any, fit the
        model, so that the drawing page can teach it with them.
    """
    from spritenet.atomic import new_file
    from spritenet.cli.datasets import load
    from spritenet.web.examples import for_one_sprite
    from spritenet.web.html_file import PageContents, html_file

    if out.is_dir():
        raise InputError("the output is a folder", where=out, expected="the name of an HTML file")
    model.check_classifies()
    contents, included, whole, examples = PageContents(model), 0, 0, None
    if name is not None:
        data = load(name, options)
        some = for_one_sprite(data)
        included, whole = (sum(map(len, each.splits.values())) for each in (some, data))
        examples = _examples(model, data)
        contents = PageContents(model, examples, some)
    page = html_file(contents)
    with new_file(out) as file:
        file.write(page)
    return included, whole - included, name is None or examples is not None


def _examples(model: SavedModel, data: Dataset) -> Split | None:
    """Returns images to teach the model with; None if they don't fit it, as the lab takes any."""
    from spritenet.web.examples import examples_for

    try:
        return examples_for(model, data)
    except DataError:
        return None
