"""Formats of models on the command line: `--to`, and what OUT's ending says."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from spritenet.cli.arguments import check_suffix
from spritenet.errors import InputError
from spritenet.migration import FORMATS

__all__ = ["Out", "OutFormat", "Precision", "To", "check_precision", "out_format"]


class OutFormat(StrEnum):
    """The formats of `FORMATS`; the page, and C, which are only written."""

    HTML = "html"
    TFJS = "tfjs"
    KERAS = "keras"
    ONNX = "onnx"
    C = "c"


SUFFIXES = {OutFormat.HTML: (".html", ".htm")} | {
    OutFormat(name): form.written for name, form in FORMATS.items() if form.written
}
"""Endings of the files of a format."""

Out = Annotated[
    Path,
    typer.Argument(metavar="OUT", help="An .html, .keras, .h5 or .onnx file, or a new folder."),
]

To = Annotated[
    OutFormat | None,
    typer.Option(
        help="Format: the drawing page in one file, TensorFlow.js's folder, another library's "
        "file, or a folder with C code for small devices.",
        show_default="by OUT's ending; a folder is tfjs",
    ),
]

Precision = Annotated[
    str,
    typer.Option(
        "--precision",
        "--quantize",
        metavar="TYPE",
        help="Type as which kernels are stored, to make the file smaller: float16 for ONNX; "
        "float16, uint16 or uint8 for TensorFlow.js.",
    ),
]


def check_precision(precision: str, form: OutFormat) -> None:
    """Raise InputError if a format lacks a precision."""
    allowed = FORMATS[form].precisions if form in FORMATS else ("float32",)
    if precision not in allowed:
        expected = f"{' or '.join(allowed)} for {form}"
        raise InputError("invalid precision", where="--precision", expected=expected, got=precision)


def out_format(out: Path, to: OutFormat | None) -> OutFormat:
    """Returns the format of an output.

    Args:
        out: the file or folder.
        to: the option `--to`.

    Raises:
        InputError: the ending is that of another format, or of none where one is needed.
    """
    suffix = out.suffix.lower()
    named = next((form for form, endings in SUFFIXES.items() if suffix in endings), OutFormat.TFJS)
    to = to or named
    endings = SUFFIXES.get(to, ())
    check_suffix(out, *endings, folder=not endings)
    if to in FORMATS and endings and suffix not in endings:
        expected = f"a name that ends in {' or '.join(endings)}"
        raise InputError("unsupported file extension", where=out, expected=expected)
    return to
