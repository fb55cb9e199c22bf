"""`spritenet draw`: a page to draw on, with a model's predictions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli.arguments import Classes, Pixels
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.cli.models import read_saved, recorded_data
from spritenet.cli.serving import Host, NoBrowser, Port, serve
from spritenet.formatting import percent, plural, shape

if TYPE_CHECKING:
    from spritenet.dataset import Split
    from spritenet.export import SavedModel

__all__ = ["draw"]

RUNS = Path("runs")
PORT = 8028


@with_data_options
def draw(
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="MODEL",
            help="The folder of a saved model or of a run.",
            show_default="the latest in runs/",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Data set whose images are mixed in when the page trains the model.",
            show_default="the training data",
        ),
    ] = None,
    pixels: Pixels = None,
    classes: Classes = None,
    host: Host = "127.0.0.1",
    port: Port = PORT,
    no_browser: NoBrowser = False,
    *,
    data_options: DataOptions,
) -> None:
    """Open a page to draw on, with a model's predictions."""
    from spritenet.web.pages import drawing_page

    path = model or _latest()
    saved = read_saved(path, pixels, classes)
    saved.check_classifies()
    examples = _examples(saved, path, data, data_options)
    print(f"{path}: {_describe(saved)}")
    pages = drawing_page(saved, examples)
    serve(pages, home="/draw/", host=host, port=port, no_browser=no_browser)


def _latest() -> Path:
    """Returns the run in runs/ whose model was saved last."""
    from spritenet.errors import ModelError

    saved = RUNS.glob("*/model/model.json")
    latest = max(saved, key=lambda path: path.stat().st_mtime, default=None)
    if latest is None:
        raise ModelError(
            "no model in runs/ yet",
            do="Type spritenet train to make one, or name the folder of another.",
        )
    return latest.parents[1]


def _describe(model: SavedModel) -> str:
    """Returns the model's inputs, classes and test accuracy."""
    line = f"images of {shape(model.image_shape)} pixels"
    if model.metadata.class_names:
        line += f", {plural(len(model.metadata.class_names), 'class')}"
    accuracy = model.metadata.scores.get("test_accuracy")
    return line if accuracy is None else f"{line}, test accuracy {percent(accuracy)}"


def _examples(
    model: SavedModel, path: Path, data: str | None, options: DataOptions
) -> Split | None:
    """Returns images to teach the model with: of `data`, or of its training data if it is local.

    Raises:
        InputError: `data` can't be read, or its images don't fit the model.
    """
    from spritenet.cli.datasets import load
    from spritenet.errors import InputError
    from spritenet.web.examples import examples_for

    recorded, recorded_options = recorded_data(path)
    if data is not None:
        options = options.or_else(recorded_options) if data == recorded else options
        return examples_for(model, load(data, options))
    options.refuse("draw", "is for the data set that --data names")
    name = _local_training_data(model, recorded)
    try:
        return examples_for(model, load(name, recorded_options)) if name else None
    except InputError:
        return None  # other data has its name by now


def _local_training_data(model: SavedModel, recorded: str) -> str | None:
    """Returns the data set the model was trained on, if it needs no download."""
    from spritenet.sources.catalog import CATALOG, is_cached

    trained = model.metadata.trained_on
    name = recorded or (trained.dataset if trained else "")
    if name in CATALOG:
        return name if is_cached(CATALOG[name]) else None
    return name if name and Path(name).expanduser().exists() else None
