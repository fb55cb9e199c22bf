"""Saved models of commands: read from a folder, with the data they were trained on."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from spritenet.cli.data_options import DataOptions
from spritenet.cli.int8_model import is_int8
from spritenet.errors import DataWarning, InputError

if TYPE_CHECKING:
    from spritenet.export import SavedModel
    from spritenet.model import Model
    from spritenet.prepare import Preparation

__all__ = [
    "load_network",
    "model_preparation",
    "read_saved",
    "recorded_command",
    "recorded_data",
    "resolve_data",
]


def read_saved(
    path: Path,
    pixels: str | None = None,
    classes: Path | None = None,
    *,
    optimizer: bool = False,
    note_range: bool = True,
) -> SavedModel:
    """Reads the saved model of a path, and warns of ambiguous data.

    Args:
        path: of a model or a run.
        pixels: the option `--pixels`.
        classes: the option `--classes`.
        optimizer: if True, also reads the optimizer state.
        note_range: if True, warns that a pixel range is assumed.

    Raises:
        InputError: it is an int8 model.
        ModelError: there is none, or it can't be used.
    """
    from spritenet import export

    if is_int8(path):
        do = "Give the model that it was made of; spritenet evaluate and info take both."
        raise InputError("it is an int8 model", where=path, expected="a float32 model", do=do)
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
) -> Model:
    """Loads the network of a path. See `read_saved`.

    Raises:
        ModelError: there is none, or it can't be used.
    """
    from spritenet.model import model_of

    return model_of(read_saved(path, pixels, classes, optimizer=True), threads=threads)


def model_preparation(model: Model, mode: str | None) -> Preparation:
    """Returns the preparation of a model's inputs, in another mode if one is given.

    A model without one gets "digit" if its inputs are 28×28 grey pixels, as MNIST's, else "fit".

    Raises:
        InputError: the mode is unknown.
        ModelError: the model's preparation is unsupported, or doesn't fit its inputs.
    """
    from spritenet.prepare import Preparation, preparation_of
    from spritenet.prepare.preparation import MODES

    shape = model.image_shape or (0, 0, 0)
    if mode is not None:
        if mode not in MODES:
            expected = "one of " + ", ".join(MODES)
            raise InputError("unknown mode", where="--prepare", expected=expected, got=mode)
        return Preparation(mode, *shape)
    return preparation_of(model.preparation, shape)


def recorded_command(run: Path) -> dict[str, object]:
    """Returns the options of the `train` command that began a run; empty if there is none."""
    from spritenet.runs import Run

    recorded = Run(run).config().get("command") if Run(run).config_path.exists() else None
    return recorded if isinstance(recorded, dict) else {}


def recorded_data(run: Path) -> tuple[str, DataOptions]:
    """Returns the data set and data options of a run; "" for a folder that is no run."""
    command = recorded_command(run)
    return str(command.get("data", "")), DataOptions.of_command(command)


def resolve_data(
    run: Path, data: str | None, options: DataOptions, trained_on: str
) -> tuple[str, DataOptions]:
    """Returns the data set of a command about a model, and how to read it.

    By default it is that of the run; options that aren't given are the run's as well.

    Args:
        run: folder of the run, or of another model.
        data: the command's argument.
        options: the command's options.
        trained_on: the data set named in the model's file, or "".
    """
    recorded, recorded_options = recorded_data(run)
    name = data or recorded or trained_on or "strokes"
    return name, options.or_else(recorded_options) if name == recorded else options
