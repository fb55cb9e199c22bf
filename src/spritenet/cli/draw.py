"""`spritenet draw`: draw in the browser, and see what a model takes it for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli.arguments import trained_on
from spritenet.cli.models import Classes, Pixels, read_saved
from spritenet.cli.reading import Reading, reads_data
from spritenet.cli.serving import Host, NoBrowser, Port, serve
from spritenet.formatting import percent, plural, shape

if TYPE_CHECKING:
    from spritenet.dataset import Split
    from spritenet.export import SavedModel

__all__ = ["draw"]

RUNS = Path("runs")
PORT = 8028


@reads_data
def draw(
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="MODEL",
            help="A saved model's folder, or the folder of a run; by default the latest in runs/.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Whose images it keeps in mind when it is taught in the page.",
            show_default="what it was trained on",
        ),
    ] = None,
    pixels: Pixels = None,
    classes: Classes = None,
    host: Host = "127.0.0.1",
    port: Port = PORT,
    no_browser: NoBrowser = False,
    *,
    reading: Reading,
) -> None:
    """Open a page to draw on, which shows what a model takes the drawing for."""
    from spritenet.web.pages import drawing_page

    path = model or _latest()
    saved = read_saved(path, pixels, classes)
    saved.check_classifies()
    examples = _examples(saved, path, data, reading)
    print(f"{path}: {_described(saved)}")
    pages = drawing_page(saved, examples)
    serve(pages, home="/draw/", host=host, port=port, no_browser=no_browser)


def _latest() -> Path:
    """The run in runs/ whose model was saved last."""
    from spritenet.errors import ModelError

    saved = RUNS.glob("*/model/model.json")
    latest = max(saved, key=lambda path: path.stat().st_mtime, default=None)
    if latest is None:
        raise ModelError(
            "there is no model in runs/ yet",
            do="Type spritenet train to make one, or name the folder of another.",
        )
    return latest.parents[1]


def _described(model: SavedModel) -> str:
    """What it takes, and how good it is."""
    line = f"takes images of {shape(model.input_shape)} pixels"
    if model.metadata.class_names:
        line += f", tells {plural(len(model.metadata.class_names), 'class')} apart"
    accuracy = model.metadata.scores.get("test_accuracy")
    return line if accuracy is None else f"{line}, {percent(accuracy)} of test images right"


def _examples(model: SavedModel, path: Path, data: str | None, reading: Reading) -> Split | None:
    """Images to teach it with: of the data named, or of what it was trained on if that is here.

    Raises:
        InputError: the data that was named can't be read, or isn't what the model takes.
    """
    from spritenet.cli.data import load
    from spritenet.errors import InputError
    from spritenet.web.examples import examples_for

    begun, how = trained_on(path)
    if data is not None:
        return examples_for(model, load(data, reading.over(how) if data == begun else reading))
    reading.refused("draw", "is for the data set that --data names")
    name = _at_hand(model, begun)
    try:
        return examples_for(model, load(name, how)) if name else None
    except InputError:
        return None  # what lies there by now is something else


def _at_hand(model: SavedModel, begun: str) -> str | None:
    """What it was trained on, if that can be had without a download."""
    from spritenet.sources.catalog import CATALOG, is_cached

    trained = model.metadata.trained_on
    name = begun or (trained.dataset if trained else "")
    if name in CATALOG:
        return name if is_cached(CATALOG[name]) else None
    return name if name and Path(name).expanduser().exists() else None
