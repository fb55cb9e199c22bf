"""Saved models for a command: which folder is meant, and what their files don't say."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.errors import DataWarning

if TYPE_CHECKING:
    from spritenet.export import SavedModel
    from spritenet.model import Sequential

__all__ = ["Classes", "Pixels", "load_network", "read_saved"]

Pixels = Annotated[
    str | None,
    typer.Option(
        metavar="RANGE",
        help="What the model was fed with, where its file doesn't say: 0..1, 0..255, -1..1; "
        "or, dark on light, 1..0, 255..0, 1..-1.",
        show_default="0..1",
    ),
]
Classes = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The names of the model's classes: a line each, or labels of a JSON file.",
        show_default="those in the model's file",
    ),
]


def read_saved(
    path: Path,
    pixels: str | None = None,
    classes: Path | None = None,
    *,
    optimizer: bool = False,
    note_range: bool = True,
) -> SavedModel:
    """The saved model meant by a path; its doubtful readings are told on standard error.

    Args:
        path: of a model or a run.
        pixels: the option `--pixels`.
        classes: the option `--classes`.
        optimizer: whether its optimizer's memory is read, too.
        note_range: whether it is told that a range of pixels is assumed.

    Raises:
        ModelError: there is none, or it can't be used.
    """
    from spritenet import export

    names = None if classes is None else export.read_class_names(classes)
    saved = export.read(path, optimizer=optimizer, pixels=pixels, class_names=names)
    for note in saved.notes[: len(saved.notes) - (saved.assumed and not note_range)]:
        warnings.warn(note, DataWarning, stacklevel=2)
    return saved


def load_network(
    path: Path,
    pixels: str | None = None,
    classes: Path | None = None,
    *,
    threads: int | None = None,
) -> Sequential:
    """The model of a path, ready to use. See `read_saved`.

    Raises:
        ModelError: there is none, or it can't be used.
    """
    from spritenet.model import Sequential

    return Sequential.from_saved(read_saved(path, pixels, classes, optimizer=True), threads=threads)
