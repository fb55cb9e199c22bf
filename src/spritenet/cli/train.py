"""`spritenet train`: train a network on a data set, test it, save it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spritenet.cli.arguments import Json, Memory
from spritenet.cli.reading import Reading, reads_data

if TYPE_CHECKING:
    from spritenet.cli.options import Options
    from spritenet.dataset import Dataset
    from spritenet.model import Sequential
    from spritenet.streams import Stream

__all__ = ["train"]

RUNS = Path("runs")
RUN_HERE = "Name a path on this machine; `spritenet export` writes the model to addresses."
"""Where runs are kept if nobody says where."""

How = "How it is trained"
Kept = "What is kept"


@reads_data
def train(
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="A data set: strokes, mnist, fashion-mnist, kmnist, or a path or address.",
            show_default="strokes",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NETWORK",
            help="tutorial, convnet, mnist-node, or module:function for one of your own.",
            show_default="tutorial",
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="MODEL", help="Go on from a saved model's weights instead."),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="How often every image is seen.", show_default="5"),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="How many updates, instead of epochs.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Images in an update.", show_default="64")
    ] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="sgd, rmsprop, adam or adamw.",
            show_default="the network's",
            rich_help_panel=How,
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            metavar="RATE",
            min=0.0,
            help="How far an update goes.",
            show_default="the optimizer's",
            rich_help_panel=How,
        ),
    ] = None,
    schedule: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="How the learning rate changes: constant, cosine, one-cycle or exponential.",
            show_default="constant",
            rich_help_panel=How,
        ),
    ] = None,
    ema: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            min=0.0,
            max=0.999999,
            help="Use a moving average of the weights, of which this share stays at each update.",
            rich_help_panel=How,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Of the weights, the order and the dropout.",
            show_default="0",
            rich_help_panel=How,
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="How many work at a time.",
            show_default="all",
            rich_help_panel=How,
        ),
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            min=0.0,
            max=0.99,
            help="Hold this share of the training images out, and try on them.",
        ),
    ] = None,
    test_every: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Try on test images after every so many updates."),
    ] = None,
    test_size: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="On how many of them.", show_default="all"),
    ] = None,
    log_every: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Print a line every so many steps, as the Node.js tutorial does.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Keep the run there.",
            show_default="runs/NETWORK-NUMBER",
            rich_help_panel=Kept,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with the run in that folder, or with the latest in runs/.",
            rich_help_panel=Kept,
        ),
    ] = False,
    checkpoint_every: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Updates between two checkpoints.",
            show_default="each epoch, or 10 seconds",
            rich_help_panel=Kept,
        ),
    ] = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Open a page that shows how it learns, and try it on the test images each epoch.",
        ),
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print that page's address, open nothing.")
    ] = False,
    memory: Memory = None,
    json: Json = False,
    *,
    reading: Reading,
) -> None:
    """Train a network on a data set, test it, and save it."""
    given = dict(locals())
    from spritenet.cli.options import Options
    from spritenet.destination import local_only

    _check_one("--epochs", epochs, "--steps", steps)
    _check_one("--model", model, "--from", start)

    folder = local_only(out, RUN_HERE) if out else (_latest() if resume else None)
    kept = _command(folder) if folder is not None and resume else {}
    options = Options.from_json(kept).but(given)
    reads = _reading(options)
    from spritenet.cli.train_command import Job
    from spritenet.cli.watch_process import page
    from spritenet.runs import Run
    from spritenet.training.controls import DISCARDED, KEPT
    from spritenet.training.events import Stopped

    dataset = reads()
    network = _network(options, dataset, threads)
    run = Run(folder or _new_folder(options.label))
    job = Job(options, dataset, network, run, log_every=log_every, quiet=json, watched=watch)
    if resume and not run.exists and not json:
        print(f"{run.folder}: there is no run yet, so this is a new one")
    try:
        if watch:
            page(run.folder, no_browser=no_browser, quiet=json)
        end = job.work(resume=resume)
    finally:
        with suppress(OSError):
            run.folder.rmdir()  # only an empty one goes: of a training that never began
    if isinstance(end, Stopped) and end.reason == DISCARDED:
        job.discarded(end)
        return
    if isinstance(end, Stopped) and end.reason != KEPT:
        raise typer.Exit(130)
    job.finish(end)


def _check_one(this: str, one: object, that: str, other: object) -> None:
    """Raises InputError if two options were typed of which each is instead of the other."""
    if one is not None and other is not None:
        from spritenet.errors import InputError

        raise InputError(
            f"it stands instead of {this}", where=that, expected="one of the two", got="both"
        )


def _latest() -> Path | None:
    """The run in runs/ that was written to last."""
    runs = [path.parent for path in RUNS.glob("*/config.json")]
    return max(runs, key=lambda path: (path / "config.json").stat().st_mtime, default=None)


def _new_folder(label: str) -> Path:
    """A folder of its own in runs/, made now so that nobody else takes it."""
    from spritenet.errors import RunError

    number = 1
    while True:
        folder = RUNS / f"{label}-{number}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise RunError(
                f"the folder can't be made: {error.strerror or error}",
                where=folder,
                do="Choose another one with --out.",
            ) from error
        else:
            return folder


def _command(folder: Path) -> dict[str, Any]:
    """What was typed when the run in the folder was begun; nothing if there is none."""
    from spritenet.runs import Run

    kept = Run(folder).config().get("command") if Run(folder).config_path.exists() else None
    return kept if isinstance(kept, dict) else {}


def _reading(options: Options) -> Callable[[], Dataset | Stream]:
    """Reads a data set; if it is on this disk, already while everything else is imported."""
    from spritenet.cli.ahead import Ahead
    from spritenet.cli.opened import load_or_open
    from spritenet.dataset import Dataset

    name, memory, how = options.data, options.memory, options.reading

    def read() -> Dataset | Stream:
        dataset = load_or_open(name, memory, how)
        if isinstance(dataset, Dataset) and "train" in dataset.splits:
            _ = dataset.train.content_hash  # which the split remembers
        return dataset

    there = Path(name).exists()
    return Ahead(read).result if there else partial(load_or_open, name, memory, how)


def _network(options: Options, dataset: Dataset | Stream, threads: int | None) -> Sequential:
    """The network that was asked for, compiled as asked for."""
    from spritenet import networks, optimizers
    from spritenet.cli.models import load_network
    from spritenet.optimizers import Adam

    if options.start is None:
        model = (
            _own(options.model, dataset)
            if ":" in options.model
            else networks.get(options.model, dataset.train)
        )
    else:
        model = load_network(Path(options.start))
        if model.optimizer is None or model.loss is None:
            model.compile(Adam(), "sparse_categorical_crossentropy")
    model.threads = threads
    default, loss = model.compiled()
    chosen = default if options.optimizer is None else optimizers.get(options.optimizer)
    scheduled = options.scheduled(chosen, options.steps_on(len(dataset.train)))
    if scheduled != default:
        model.compile(scheduled, loss, metrics=["accuracy"])
    return model


def _own(name: str, dataset: Dataset | Stream) -> Sequential:
    """The network that a function of the user's makes.

    Raises:
        InputError: whatever goes wrong in there is the user's to mend.
    """
    import os

    from spritenet import networks
    from spritenet.errors import InputError, SpritenetError

    try:
        return networks.get(name, dataset.train)
    except SpritenetError:
        raise
    except Exception as error:
        if os.environ.get("SPRITENET_TRACEBACK"):
            raise
        raise InputError(
            f"making the network failed with {type(error).__name__}",
            where=name,
            got=error,
            do="SPRITENET_TRACEBACK=1 shows where.",
        ) from error
