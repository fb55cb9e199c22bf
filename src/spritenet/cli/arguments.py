"""Arguments and options that several commands share, and a check of the files they write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli.data_options import PANEL
from spritenet.errors import InputError

if TYPE_CHECKING:
    from spritenet.model import Model as AnyModel

__all__ = [
    "Classes",
    "Copies",
    "CopiesAugment",
    "Data",
    "Device",
    "Json",
    "Memory",
    "Model",
    "OptionalData",
    "Pixels",
    "Precision",
    "Threads",
    "check_exclusive",
    "check_suffix",
    "device_option",
    "precision_option",
    "set_device",
    "threads_option",
]

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A data set: strokes, strokes2, mnist, fashion-mnist, kmnist, a path or address.",
    ),
]
OptionalData = Annotated[
    str | None,
    typer.Argument(
        metavar="DATA",
        help="A data set.",
        show_default="the one the model was trained on",
    ),
]
Model = Annotated[
    Path,
    typer.Argument(metavar="MODEL", help="The folder of a saved model or of a run."),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object as the last line of output.")
]
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="Memory for images, such as 400MB. Larger sets of sprites are streamed.",
        show_default="half of the machine's",
        rich_help_panel=PANEL,
    ),
]
Pixels = Annotated[
    str | None,
    typer.Option(
        metavar="RANGE",
        help="Pixel range of the model's inputs, if its file doesn't have it: 0..1, 0..255 or "
        "-1..1; for dark on light 1..0, 255..0 or 1..-1.",
        show_default="0..1",
    ),
]
Classes = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Names of the model's classes: one per line, or the labels of a JSON file.",
        show_default="those in the model's file",
    ),
]


def threads_option(panel: str | None = None) -> typer.models.OptionInfo:
    """Returns the option `--threads`, in a panel of the help."""
    option: typer.models.OptionInfo = typer.Option(
        metavar="N", min=1, help="Number of threads.", show_default="all", rich_help_panel=panel
    )
    return option


Threads = Annotated[int | None, threads_option()]


def device_option(panel: str | None = None) -> typer.models.OptionInfo:
    """Returns the option `--device`, in a panel of the help."""
    option: typer.models.OptionInfo = typer.Option(
        metavar="NAME",
        help="Where it computes: cpu, cuda, cuda:1, mps or auto. GPUs need the extra torch.",
        show_default="cpu",
        rich_help_panel=panel,
    )
    return option


def precision_option(panel: str | None = None) -> typer.models.OptionInfo:
    """Returns the option `--precision`, in a panel of the help."""
    option: typer.models.OptionInfo = typer.Option(
        metavar="NAME",
        help="Precision of multiplications on a GPU: float32, tf32 or bf16.",
        show_default="float32",
        rich_help_panel=panel,
    )
    return option


Device = Annotated[str | None, device_option()]
Precision = Annotated[str | None, precision_option()]
Copies = Annotated[
    int,
    typer.Option(
        "--tta",
        metavar="N",
        min=1,
        help="Average over each image and N - 1 augmented copies of it.",
    ),
]
CopiesAugment = Annotated[
    str | None,
    typer.Option(
        "--augment",
        metavar="NAME",
        help="Augmentation of the copies: digits, photos, or amounts such as rotation=10.",
        show_default="that of the training",
    ),
]


def set_device(model: AnyModel, device: str | None, precision: str | None) -> None:
    """Sets where a model computes, and how precisely; None leaves it as it is."""
    if device is not None:
        model.device = device
    if precision is not None:
        model.precision = precision


def check_exclusive(first: str, one: object, second: str, other: object) -> None:
    """Raises InputError if both of two options are given."""
    if one is not None and other is not None:
        raise InputError(
            f"mutually exclusive with {first}", where=second, expected="one of the two", got="both"
        )


# A line for images, one for tables and pages, one for models and archives.
# fmt: off
SUFFIXES = frozenset({
    ".bmp", ".gif", ".jpeg", ".jpg", ".pdf", ".png", ".svg", ".tif", ".tiff", ".webp",
    ".csv", ".htm", ".html", ".json", ".npy", ".npz", ".parquet",
    ".gz", ".h5", ".keras", ".onnx", ".pt", ".pth", ".py", ".tar", ".tflite", ".tgz", ".zip",
})
# fmt: on
"""Suffixes of file formats. Others, as in `digits-1.5`, are parts of a name."""


def check_suffix(out: Path, *allowed: str, folder: bool = True) -> None:
    """Refuses an output file whose suffix is that of another format.

    Args:
        out: the output file or folder.
        allowed: suffixes of the format that will be written.
        folder: if True, a name without a suffix is valid too, as that of a folder.

    Raises:
        InputError: the suffix is that of another format.
    """
    suffix = out.suffix.lower()
    if suffix not in SUFFIXES or suffix in allowed:
        return
    expected = [f"a name that ends in {' or '.join(allowed)}"] if allowed else []
    expected += ["the name of a folder"] if folder else []
    raise InputError(
        f"unsupported file extension {suffix}", where=out, expected=", or ".join(expected)
    )
