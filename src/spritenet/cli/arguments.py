"""What the commands' arguments have in common: their types, and what they mean.

Knows names and paths; opens them with the library's own functions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spritenet.cli.reading import PANEL, Reading

__all__ = [
    "Data",
    "Json",
    "Memory",
    "Model",
    "data_of",
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
        rich_help_panel=PANEL,
    ),
]


def trained_on(run: Path) -> tuple[str, Reading]:
    """What was typed for the data when a run was begun; "" for a folder that is no run."""
    from spritenet.runs import Run

    kept = Run(run).config().get("command") if Run(run).config_path.exists() else None
    command = kept if isinstance(kept, dict) else {}
    return str(command.get("data", "")), Reading.from_json(command.get("reading"))


def data_of(run: Path, data: str | None, reading: Reading, named: str) -> tuple[str, Reading]:
    """What data a command about a model reads, and how: as its run did, but for what is typed.

    Args:
        run: the folder of the run, or of another model.
        data: what was typed for it.
        reading: likewise.
        named: what the model's file says it was trained on; "" if it doesn't.
    """
    begun, how = trained_on(run)
    name = data or begun or named or "strokes"
    return name, reading.over(how) if name == begun else reading
