"""`spritenet predict`: what a saved model takes pictures for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spritenet.cli.arguments import Json, Model

__all__ = ["predict"]


def predict(
    model: Model,
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="Image files.")],
    top: Annotated[int, typer.Option(metavar="N", min=1, help="How many classes to name.")] = 3,
    json: Json = False,
) -> None:
    """Say what a saved model takes pictures for."""
