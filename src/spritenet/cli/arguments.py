"""What the commands' arguments have in common: their types, and what they mean.

Knows names and paths; opens them with the library's own functions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Data",
    "ImageSize",
    "Json",
    "Labels",
    "Memory",
    "Model",
    "TrainCount",
    "model_folder",
    "trained_on",
]

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A data set: strokes, mnist, fashion-mnist, kmnist, or a path or address.",
    ),
]
Model = Annotated[
    Path,
    typer.Argument(metavar="MODEL", help="A saved model's folder, or the folder of a run."),
]
Json = Annotated[
    bool, typer.Option("--json", help="End with one JSON object, the last line of the output.")
]
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="What images may take, like 400MB; larger sets of sprites are read while in use.",
        show_default="half of the machine's",
    ),
]
ImageSize = Annotated[
    str | None,
    typer.Option(
        metavar="HxW",
        help="Of images stored as rows: in a PNG that is no sprite, a CSV, an npz.",
        show_default=False,
    ),
]
Labels = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The labels of such a PNG, or of an npy file.", show_default=False
    ),
]
TrainCount = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="How many images of such a PNG are for training; the others are test images.",
        show_default=False,
    ),
]


def model_folder(path: Path) -> Path:
    """The folder of the model meant by a path: itself, or `model` in the folder of a run."""
    inside = path / "model"
    return inside if not (path / "model.json").exists() and inside.is_dir() else path


def trained_on(run: Path) -> str:
    """What was typed for the data when a run was begun; "" for a folder that is no run."""
    from spritenet.runs import Run

    if not Run(run).config_path.exists():
        return ""
    return str(Run(run).config().get("command", {}).get("data", ""))
