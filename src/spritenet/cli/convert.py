"""`spritenet convert`: a model file from one format to another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Classes, Json, Pixels
from spritenet.cli.data_options import DataOptions
from spritenet.cli.int8_model import is_int8, load_int8
from spritenet.cli.model_formats import (
    HTML,
    INT8,
    ONNX,
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
from spritenet.cli.models import read_saved
from spritenet.errors import InputError
from spritenet.migration import FORMATS

__all__ = ["convert"]


def convert(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="IN",
            help="A model: TensorFlow.js's folder or ZIP, or a .keras, .h5, .onnx or .int8 file.",
        ),
    ],
    out: Out,
    to: To = None,
    precision: Precision = None,
    data: Calibration = None,
    name: CName = None,
    pixels: Pixels = None,
    classes: Classes = None,
    json: Json = False,
) -> None:
    """Convert a model from any format to any other, and check that it reads back the same."""
    from spritenet import export as models
    from spritenet.cli.c_code import calibration_data
    from spritenet.cli.export import write_html, write_other
    from spritenet.destination import destination
    from spritenet.export.layer_order import depth_first

    form = out_format(out, to)
    given, precision = precision, resolve_precision(precision, form)
    check_data(data, form, precision, name)
    same = None
    if is_int8(source):
        if form not in (ONNX, INT8) or given not in (None, "int8"):
            got = form if form not in (ONNX, INT8) else f"{given} for {form}"
            raise InputError(
                "an int8 model stays int8",
                where=source,
                expected="an .onnx or .int8 file, without another --precision",
                got=got,
                do="Convert the model that it was made of.",
            )
        options = {"--pixels": pixels, "--classes": classes, "--data": data}
        small = load_int8(source, options)
        with destination(out) as place:
            small.save(place.path)
            size = size_of(place.path)
        _print(place.of(place.path), form, size, same, precision, json=json)
        return
    saved = read_saved(source, pixels, classes, optimizer=True)
    if precision == "int8" and data is None:
        data, _ = calibration_data(source, saved, None, DataOptions())
    with destination(out) as place:
        if form == HTML:
            write_html(saved, place.path, None, DataOptions())
        else:
            write_other(saved, place.path, form, precision, data, DataOptions(), name)
            if form in FORMATS and FORMATS[form].is_read and precision != "int8":
                again = models.read(place.path)
                sides = [depth_first(model).weights_sha256 for model in (again, saved)]
                same = sides[0] == sides[1]
        size = size_of(place.path)
    _print(place.of(place.path), form, size, same, precision, json=json)


def _print(
    path: object, form: OutFormat, size: int, same: bool | None, precision: str, *, json: bool
) -> None:
    """Prints what was written."""
    if json:
        written = {"path": str(path), "to": str(form), "bytes": size, "same_weights": same}
        terminal.print_json(written)
        return
    print(f"{path}: {size:,} bytes")
    if same:
        print("reads back with the same weights, bit by bit")
    elif same is False:
        print(f"weights are rounded to {precision}")
