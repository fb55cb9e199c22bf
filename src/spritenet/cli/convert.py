"""`spritenet convert`: a model file from one format to another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Classes, Json, Pixels
from spritenet.cli.data_options import DataOptions
from spritenet.cli.model_formats import Out, OutFormat, Precision, To, check_precision, out_format
from spritenet.cli.models import read_saved

__all__ = ["convert"]


def convert(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="IN", help="A model: TensorFlow.js's folder, or a .keras, .h5 or .onnx file."
        ),
    ],
    out: Out,
    to: To = None,
    precision: Precision = "float32",
    pixels: Pixels = None,
    classes: Classes = None,
    json: Json = False,
) -> None:
    """Convert a model from any format to any other, and check that it reads back the same."""
    from spritenet import export as models
    from spritenet.cli.export import write_c, write_html
    from spritenet.destination import destination

    form = out_format(out, to)
    check_precision(precision, form)
    saved = read_saved(source, pixels, classes, optimizer=True)
    same = None
    with destination(out) as place:
        if form is OutFormat.HTML:
            write_html(saved, place.path, None, DataOptions())
        elif form is OutFormat.C:
            write_c(saved, place.path)
        else:
            models.save(saved, place.path, to=form, precision=precision)
            again = models.read(place.path)
            same = again.weights_sha256 == saved.weights_sha256
        files = [path for path in place.path.rglob("*") if path.is_file()] or [place.path]
        size = sum(file.stat().st_size for file in files)
    path = place.of(place.path)
    if json:
        written = {"path": str(path), "to": str(form), "bytes": size, "same_weights": same}
        terminal.print_json(written)
        return
    print(f"{path}: {size:,} bytes")
    if same:
        print("reads back with the same weights, bit by bit")
    elif same is False:
        print(f"weights are rounded to {precision}")
