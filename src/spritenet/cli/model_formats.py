"""Formats of models on the command line: `--to`, and what OUT's ending says."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli.arguments import check_suffix
from spritenet.errors import InputError
from spritenet.migration import FORMATS, INT8_ENDING

__all__ = [
    "HTML",
    "INT8",
    "ONNX",
    "C",
    "CName",
    "Calibration",
    "Out",
    "OutFormat",
    "Precision",
    "To",
    "check_data",
    "out_format",
    "resolve_precision",
    "size_of",
]


HTML, TFJS, ONNX, C, INT8 = "html", "tfjs", "onnx", "c", "int8"
"""Formats with rules of their own."""

NAMES = (HTML, *FORMATS, C, INT8)
"""The formats of `FORMATS`; the page and C, which are only written; and int8."""

if TYPE_CHECKING:
    OutFormat = str
else:
    OutFormat = StrEnum("OutFormat", {name: name for name in NAMES})

SUFFIXES = {
    HTML: (".html", ".htm"),
    **{name: form.written for name, form in FORMATS.items() if form.written},
    INT8: (INT8_ENDING,),
}
"""Endings of the files of a format."""

ZIP = ".zip"
"""Ending of a folder in one file, for TensorFlow.js."""

Out = Annotated[
    Path,
    typer.Argument(
        metavar="OUT", help="An .html, .keras, .h5, .onnx, .py, .int8 or .zip file, or a folder."
    ),
]

To = Annotated[
    OutFormat | None,
    typer.Option(
        help="Format: the drawing page in one file, TensorFlow.js's folder or ZIP, another "
        "library's file, Python code for PyTorch, a folder with C code for small devices, or an "
        "int8 file.",
        show_default="by OUT's ending; a folder or ZIP is tfjs",
    ),
]

Precision = Annotated[
    str | None,
    typer.Option(
        "--precision",
        "--quantize",
        metavar="TYPE",
        help="Type as which kernels are stored, to make the file smaller: float16 for ONNX; "
        "float16, uint16 or uint8 for TensorFlow.js. Type that ONNX or C computes in: int8 or "
        "float32.",
        show_default="float32; C: int8",
    ),
]

Calibration = Annotated[
    str | None,
    typer.Option(
        metavar="DATA",
        help="Images to calibrate int8 with, such as the model was trained on.",
        show_default="what the model was trained on",
    ),
]


CName = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="NAME",
        help="Beginning of the names of files, functions and macros of C code.",
        show_default="model",
    ),
]


def resolve_precision(precision: str | None, form: OutFormat) -> str:
    """Returns the precision of the output: the format's default if none is given.

    Raises:
        InputError: the format lacks it.
    """
    allowed = FORMATS[form].precisions if form in FORMATS else ("float32",)
    if form == C:
        allowed = ("int8", "float32")
    elif form == INT8:
        allowed = ("int8",)
    elif form == ONNX:
        allowed = (*allowed, "int8")
    if precision is None:
        return allowed[0]
    if precision not in allowed:
        expected = f"{' or '.join(allowed)} for {form}"
        raise InputError("invalid precision", where="--precision", expected=expected, got=precision)
    return precision


def out_format(out: Path, to: OutFormat | None) -> OutFormat:
    """Returns the format of an output.

    Args:
        out: the file or folder.
        to: the option `--to`.

    Raises:
        InputError: the ending is that of another format, or of none where one is needed.
    """
    suffix = out.suffix.lower()
    named = next((form for form, endings in SUFFIXES.items() if suffix in endings), TFJS)
    if to is None and named == TFJS:
        check_suffix(out, ZIP, *(each for endings in SUFFIXES.values() for each in endings))
    to = to or named
    endings = SUFFIXES.get(to, ())
    allowed = (ZIP,) if to == TFJS else endings
    check_suffix(out, *allowed, folder=not endings)
    if (to in FORMATS or to == INT8) and endings and suffix not in endings:
        expected = f"a name that ends in {' or '.join(endings)}"
        raise InputError("unsupported file extension", where=out, expected=expected)
    return to


def check_data(data: str | None, form: OutFormat, precision: str, name: str | None) -> None:
    """Raises InputError for `--data` where no format needs images, or `--name` without C code."""
    if name is not None and form != C:
        raise InputError("only C code has names", where="--name", got=form)
    if data is not None and form != C and precision != "int8":
        raise InputError("only int8 is calibrated on images", where="--data", got=form)


def size_of(path: Path) -> int:
    """Returns the bytes of a file, with PyTorch weights beside it, or of all files in a folder."""
    files = [one for one in path.rglob("*") if one.is_file()] or [path]
    files += [path.with_suffix(".npz")] * (path.suffix in FORMATS["torch"].endings)
    return sum(one.stat().st_size for one in files)
