"""`spritenet report`: writes an HTML file about the quality and the mistakes of a network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Classes, Device, Json, Model, OptionalData, Pixels, Threads
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.cli.models import load_network, recorded_command, resolve_data
from spritenet.formatting import duration, percent, plural

if TYPE_CHECKING:
    from spritenet.model import Model as AnyModel
    from spritenet.report import Report
    from spritenet.runs import Run

__all__ = ["report"]


@with_data_options
def report(
    model: Model,
    data: OptionalData = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="HTML file to write.",
            show_default="report.html in the run's folder, or MODEL-report.html",
        ),
    ] = None,
    png: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Also write each chart as a PNG there.", show_default=False
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Split to evaluate on.", show_default="test, if there is one"
        ),
    ] = None,
    threads: Threads = None,
    device: Device = None,
    pixels: Pixels = None,
    classes: Classes = None,
    json: Json = False,
    *,
    data_options: DataOptions,
) -> None:
    """Write a report of a trained network as one HTML file."""
    # Before NumPy is imported: its own threads gain little here, and compete with those of the
    # core, which makes a report several times as slow.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from spritenet.cli.datasets import load
    from spritenet.core.pool import threads as threads_to_use
    from spritenet.report import TrainingRecord, make_report
    from spritenet.report.machine import machine
    from spritenet.runs import Run
    from spritenet.web.report import write_report

    run = Run(model) if Run(model).exists else None
    network = _network(model, run, threads, pixels, classes)
    network.device = device or network.device
    trained_on = network.trained_on.dataset if network.trained_on else ""
    name, data_options = resolve_data(model, data, data_options, trained_on)
    path = out or (model / "report.html" if run else Path(f"{model.resolve().name}-report.html"))
    _check_outputs(path, png)
    has_journal = run is not None and run.journal_path.exists()
    made = make_report(
        network,
        load(name, data_options),
        name=model.resolve().name,
        split=split,
        training=TrainingRecord.of_run(run) if run is not None and has_journal else None,
        config=run.config() if run is not None and run.config_path.exists() else {},
        machine=machine(threads or threads_to_use()),
        commands=_commands(model, [name, *data_options.words]),
    )
    size = write_report(made, path)
    charts = [] if png is None else _write_charts(made, png)
    if json:
        terminal.print_json(_results(made, path, size, charts))
        return
    print(f"{model} on {name}, {made.split.name}: {plural(len(made.results), 'image')}")
    if made.is_multi_label:
        from spritenet.cli.label_metrics import label_lines

        for line in label_lines(made.label_predictions, tuned=network.thresholds is not None):
            print(line)
    else:
        found = made.predictions
        low, high = found.interval
        errors = plural(int((~found.right).sum()), "error")
        print(f"accuracy {percent(found.accuracy)} ({percent(low)} to {percent(high)}), {errors}")
    if made.on_training_data:
        print("The network may have been trained on these images: its accuracy is overestimated.")
    for chart in charts:
        print(f"wrote {chart}")
    print(f"wrote {path}, {size / 1e6:.2f} MB, in {duration(terminal.process_seconds())}")


def _check_outputs(path: Path, png: Path | None) -> None:
    """Refuses outputs that can't be written, before the work.

    Raises:
        InputError: the folder is missing or can't be created.
        MissingExtraError: `png` is given, and matplotlib is not installed.
    """
    from spritenet.destination import local_only
    from spritenet.errors import InputError

    local_only(path)
    local_only(png)
    if not path.parent.is_dir():
        raise InputError("no such folder", where=path.parent, do="Choose another file with --out.")
    if png is None:
        return
    import spritenet.plots.figure  # noqa: F401 - raises without matplotlib

    try:
        png.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"can't make the folder: {error.strerror or error}",
            where=png,
            do="Choose another one with --png.",
        ) from error


def _network(
    model: Path, run: Run | None, threads: int | None, pixels: str | None, classes: Path | None
) -> AnyModel:
    """Returns the network of a run, or of a model's folder."""
    from spritenet.report import model_of_run

    if run is not None:
        return model_of_run(run, threads=threads)
    return load_network(model, pixels, classes, threads=threads)


def _commands(model: Path, data: list[str]) -> list[str]:
    """Returns the commands that train, evaluate and report again."""
    recorded = recorded_command(model)
    words: list[list[object]] = []
    if recorded:
        words.append(["train", *_train_words(recorded)])
    words += [["evaluate", model, *data], ["report", model, *data]]
    return [terminal.shell_command(["spritenet", *each]) for each in words]


def _train_words(recorded: dict[str, Any]) -> list[object]:
    """Returns the arguments of a `train` command that differ from the defaults."""
    from spritenet.cli.train_options import TrainOptions

    words: list[object] = [recorded.get("data", "strokes")]
    words += DataOptions.of_command(recorded).words
    for name, default in TrainOptions().to_json().items():
        value = recorded.get(name)
        if name in {"data", "data_options"} or value is None or value == default:
            continue
        spelling = "--from" if name == "start" else f"--{name.replace('_', '-')}"
        words += [spelling] if value is True else [spelling, value]
    return words


def _write_charts(made: Report, folder: Path) -> list[Path]:
    """Writes each chart as a PNG, and returns their paths.

    Raises:
        InputError: the folder can't be written to.
        MissingExtraError: matplotlib is not installed.
    """
    from spritenet.errors import InputError
    from spritenet.report.figures import figures

    written = []
    try:
        for name, draw in figures(made).items():
            path = folder / f"{name}.png"
            draw().savefig(path)
            written.append(path)
    except OSError as error:
        raise InputError(
            f"can't write the charts: {error.strerror or error}",
            where=folder,
            do="Choose another folder with --png.",
        ) from error
    return written


def _results(made: Report, path: Path, size: int, charts: list[Path]) -> dict[str, object]:
    """Returns the object that `--json` prints."""
    near = made.near_duplicates
    return {
        "report": str(path),
        "bytes": size,
        "charts": [str(chart) for chart in charts],
        "data": made.data.name,
        "split": made.split.name,
        "images": len(made.results),
        **_metrics(made),
        "exact_duplicates": int(near.exact.sum()) if near else None,
        "near_duplicates": near.count if near else None,
        "changed": {
            curve.name: dict(zip(map(str, curve.levels), curve.accuracy, strict=True))
            for curve in made.robustness
        },
        "seconds": terminal.process_seconds(),
    }


def _metrics(made: Report) -> dict[str, object]:
    """Returns the metrics of the predictions."""
    if made.is_multi_label:
        from spritenet.cli.label_metrics import label_json

        return label_json(made.label_predictions)
    found = made.predictions
    low, high = found.interval
    return {
        "accuracy": found.accuracy,
        "accuracy_interval": [low, high],
        "balanced_accuracy": found.classes.balanced_accuracy,
        "log_loss": found.log_loss,
        "f1_macro": found.classes.macro.f1,
        "calibration_error": found.calibration().error,
    }
