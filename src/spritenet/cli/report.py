"""`spritenet report`: one HTML file that says how good a network is, and where it fails."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spritenet.cli import clock, terminal
from spritenet.cli.arguments import Json, Model, data_of
from spritenet.cli.models import Classes, Pixels, load_network
from spritenet.cli.reading import Reading, reads_data
from spritenet.formatting import duration, percent, plural

if TYPE_CHECKING:
    from spritenet.model import Sequential
    from spritenet.report import Report
    from spritenet.runs import Run

__all__ = ["report"]


@reads_data
def report(
    model: Model,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="The data set; by default the one the model was trained on.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The HTML file to write.",
            show_default="report.html in the run's folder, or MODEL-report.html",
        ),
    ] = None,
    png: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Write each chart as a PNG there, too.", show_default=False
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Which of the data's splits.", show_default="test, if there is one"
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="How many work at a time.", show_default="all"),
    ] = None,
    pixels: Pixels = None,
    classes: Classes = None,
    json: Json = False,
    *,
    reading: Reading,
) -> None:
    """Write a report of a trained network: one HTML file, to read, to print, to send."""
    # Before NumPy is imported: threads of its own gain little here, and wait for each other where
    # anything else works, which makes a report several times as slow.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from spritenet.cli.data import load
    from spritenet.core.pool import threads as threads_to_use
    from spritenet.report import Learning, judge
    from spritenet.report.machine import machine
    from spritenet.runs import Run
    from spritenet.web.report import write_report

    run = Run(model) if Run(model).exists else None
    network = _network(model, run, threads, pixels, classes)
    named = network.trained_on.dataset if network.trained_on else ""
    name, reading = data_of(model, data, reading, named)
    path = out or (model / "report.html" if run else Path(f"{model.resolve().name}-report.html"))
    _check_places(path, png)
    has_journal = run is not None and run.journal_path.exists()
    made = judge(
        network,
        load(name, reading),
        name=model.resolve().name,
        split=split,
        learning=Learning.of_run(run) if run is not None and has_journal else None,
        config=run.config() if run is not None and run.config_path.exists() else {},
        machine=machine(threads or threads_to_use()),
        commands=_commands(model, [name, *reading.words], run),
    )
    size = write_report(made, path)
    pictures = [] if png is None else _pictures(made, png)
    if json:
        terminal.print_json(_result(made, path, size, pictures))
        return
    found = made.predictions
    low, high = found.interval
    errors = plural(int((~found.right).sum()), "error")
    print(f"{model} on {name}, {made.split.name}: {plural(len(found), 'image')}")
    print(f"accuracy {percent(found.accuracy)} ({percent(low)} to {percent(high)}), {errors}")
    if made.learnt_from:
        print("These are images it may have learnt from: the figures flatter it.")
    for picture in pictures:
        print(f"wrote {picture}")
    print(f"wrote {path}, {size / 1e6:.2f} MB, in {duration(clock.process_seconds())}")


def _check_places(path: Path, png: Path | None) -> None:
    """Refuse places that can't be written to before the work, not after it.

    Raises:
        InputError: there is no such folder, or it can't be made.
        MissingExtraError: pictures are wanted, and matplotlib is not installed.
    """
    from spritenet.destination import local_only
    from spritenet.errors import InputError

    local_only(path)
    local_only(png)
    if not path.parent.is_dir():
        raise InputError(
            "there is no such folder", where=path.parent, do="Choose another file with --out."
        )
    if png is None:
        return
    import spritenet.plots.figure  # noqa: F401 - which needs matplotlib

    try:
        png.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder can't be made: {error.strerror or error}",
            where=png,
            do="Choose another one with --png.",
        ) from error


def _network(
    model: Path, run: Run | None, threads: int | None, pixels: str | None, classes: Path | None
) -> Sequential:
    """The network of a run, or of a model's folder."""
    from spritenet.report import model_of_run

    if run is not None:
        return model_of_run(run, threads=threads)
    return load_network(model, pixels, classes, threads=threads)


def _commands(model: Path, data: list[str], run: Run | None) -> list[str]:
    """How to train, evaluate and report again."""
    lines = []
    kept = run.config().get("command") if run is not None and run.config_path.exists() else None
    if isinstance(kept, dict):
        lines.append(terminal.command(["spritenet", "train", *_typed(kept)]))
    lines.append(terminal.command(["spritenet", "evaluate", model, *data]))
    lines.append(terminal.command(["spritenet", "report", model, *data]))
    return lines


def _typed(kept: dict[str, Any]) -> list[object]:
    """The arguments of `train` that differ from its defaults."""
    from dataclasses import fields

    from spritenet.cli.options import Options

    words: list[object] = [kept.get("data", "strokes")]
    words += Reading.from_json(kept.get("reading")).words
    for option in fields(Options):
        value = kept.get(option.name)
        if option.name in {"data", "reading"} or value is None or value == option.default:
            continue
        spelling = "--from" if option.name == "start" else f"--{option.name.replace('_', '-')}"
        words += [spelling] if value is True else [spelling, value]
    return words


def _pictures(made: Report, folder: Path) -> list[Path]:
    """Each chart as a PNG.

    Raises:
        InputError: the folder can't be written to.
        MissingExtraError: matplotlib is not installed.
    """
    from spritenet.errors import InputError
    from spritenet.report.pictures import pictures

    written = []
    try:
        for name, draw in pictures(made).items():
            path = folder / f"{name}.png"
            draw().savefig(path)
            written.append(path)
    except OSError as error:
        raise InputError(
            f"the pictures can't be written: {error.strerror or error}",
            where=folder,
            do="Choose another folder with --png.",
        ) from error
    return written


def _result(made: Report, path: Path, size: int, pictures: list[Path]) -> dict[str, object]:
    """What `--json` prints."""
    found, near = made.predictions, made.near
    low, high = found.interval
    return {
        "report": str(path),
        "bytes": size,
        "pictures": [str(picture) for picture in pictures],
        "data": made.data.name,
        "split": made.split.name,
        "images": len(found),
        "accuracy": found.accuracy,
        "accuracy_interval": [low, high],
        "log_loss": found.log_loss,
        "f1_macro": found.classes.macro.f1,
        "calibration_error": found.calibration().error,
        "exact_duplicates": int(near.exact.sum()) if near else None,
        "near_duplicates": near.count if near else None,
        "changed": {
            curve.name: dict(zip(map(str, curve.levels), curve.accuracy, strict=True))
            for curve in made.curves
        },
        "seconds": clock.process_seconds(),
    }
