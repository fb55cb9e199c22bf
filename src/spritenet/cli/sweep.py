"""`spritenet sweep`: a search for the best settings of a training."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spritenet.cli.arguments import Json, check_exclusive
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.errors import InputError

if TYPE_CHECKING:
    from spritenet.sweeps import Sweep

__all__ = ["sweep"]

SWEEPS = Path("sweeps")
"""Folder of sweeps by default."""

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")

DEFAULTS: dict[str, Any] = {
    "tries": (),
    "trials": None,
    "time": None,
    "metric": None,
    "validation": 0.1,
    "seeds": 5,
    "no_halving": False,
    "storage": None,
}
"""Options of the search, which a resumed sweep takes from its folder."""

FEWEST = 50
"""Trials without --trials and --time."""

training_option = partial(typer.Option, rich_help_panel="Training")
output_option = partial(typer.Option, rich_help_panel="Output")


@with_data_options
def sweep(
    data: Annotated[
        str | None,
        typer.Argument(metavar="DATA", help="A data set, as for `train`.", show_default="strokes"),
    ] = None,
    tries: Annotated[
        list[str] | None,
        typer.Option(
            "--try",
            metavar="NAME=VALUES",
            help="A setting to search: learning_rate=1e-4..1e-1:log, batch_size=32,64, "
            "augment=none,digits, optimizer=…, model=…. Repeatable.",
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Number of trials.", show_default="50"),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Time for the trials, such as 90s, 10m or 2h.", show_default="none"
        ),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Metric to optimize.", show_default="val_accuracy, else val_loss"
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Other seeds to train the best settings with.",
            show_default="5",
        ),
    ] = None,
    no_halving: Annotated[
        bool | None,
        typer.Option("--no-halving", help="Train every trial to its end."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Number of processes, each with one thread.",
            show_default="all",
        ),
    ] = None,
    ray: Annotated[
        bool, typer.Option("--ray", help="Train in a Ray cluster (extra `ray`).")
    ] = False,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Search together with other machines, by this file on a shared disk.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        training_option(
            metavar="NETWORK", help="Network, as for `train`.", show_default="tutorial"
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        training_option(
            metavar="N", min=1, help="Epochs of a trial.", show_default="the network's, else 5"
        ),
    ] = None,
    steps: Annotated[
        int | None,
        training_option(metavar="N", min=1, help="Steps of a trial, instead of --epochs."),
    ] = None,
    batch_size: Annotated[
        int | None,
        training_option(
            metavar="N", min=1, help="Batch size.", show_default="the network's, else 64"
        ),
    ] = None,
    optimizer: Annotated[
        str | None,
        training_option(metavar="NAME", help="Optimizer.", show_default="the network's"),
    ] = None,
    augment: Annotated[
        str | None,
        training_option(
            metavar="NAME", help="Augmentation, as for `train`.", show_default="the network's"
        ),
    ] = None,
    validation: Annotated[
        float | None,
        training_option(
            metavar="FRACTION",
            min=0.001,
            max=0.99,
            help="Fraction of the training set held out for validation.",
            show_default="0.1",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        training_option(metavar="N", help="Random seed of search and trials.", show_default="0"),
    ] = None,
    out: Annotated[
        Path | None,
        output_option(
            metavar="FOLDER", help="Folder of the sweep.", show_default="sweeps/NETWORK-NUMBER"
        ),
    ] = None,
    resume: Annotated[
        bool,
        output_option("--resume", help="Resume the sweep in --out, or the latest in sweeps/."),
    ] = False,
    repeat: Annotated[
        int | None,
        output_option(
            metavar="TRIAL", min=0, help="Train a trial of --out again, alone, and compare weights."
        ),
    ] = None,
    watch: Annotated[
        bool, output_option("--watch", help="Open the live page of the sweep.")
    ] = False,
    no_browser: Annotated[
        bool,
        output_option("--no-browser", help="Print the address of that page, but don't open it."),
    ] = False,
    json: Json = False,
    *,
    data_options: DataOptions,
) -> None:
    """Search for the best settings of a training."""
    given = {k: v for k, v in locals().items() if v is not None and v is not False}
    check_exclusive("--epochs", epochs, "--steps", steps)
    there = resume or repeat is not None
    folder = out or (_latest() if there else None)
    if there and folder is None:
        raise InputError("no sweep found", where=SWEEPS, do="Name its folder with --out.")
    recorded = _recorded(folder) if folder is not None and there else {}
    if data_options.given:
        given["data_options"] = data_options
    else:
        given.pop("data_options", None)
    made = _sweep(recorded, given, folder, workers, ray=ray, resume=there)
    from spritenet.cli import sweep_log

    if repeat is not None:
        sweep_log.print_repeated(made, repeat, json=json)
        return
    sweep_log.run(made, quiet=json, watch=watch, no_browser=no_browser)


def _recorded(folder: Path) -> Mapping[str, Any]:
    """Returns the options of the command that began a sweep.

    Raises:
        RunError: there is none.
        InputError: a program began it.
    """
    from spritenet.sweeps.sweep_folder import SweepFolder

    found = SweepFolder(folder).config().get("command")
    if not isinstance(found, dict):
        raise InputError(
            "the sweep was begun by a program", where=folder, do="Let that program go on with it."
        )
    return found


def _sweep(
    recorded: Mapping[str, Any],
    given: dict[str, Any],
    folder: Path | None,
    workers: int | None,
    *,
    ray: bool,
    resume: bool,
) -> Sweep:
    """Returns the sweep of the options: given ones, else those recorded."""
    from spritenet.cli.datasets import load
    from spritenet.cli.train import network_of
    from spritenet.cli.train_options import TrainOptions
    from spritenet.sweeps.search_space import NETWORK, SearchSpace
    from spritenet.sweeps.sweep_call import make_sweep
    from spritenet.sweeps.trial_worker import Workload

    before = recorded.get("sweep", {})
    own = {name: given.get(name, before.get(name, value)) for name, value in DEFAULTS.items()}
    if own["trials"] is None and own["time"] is None:
        own["trials"] = FEWEST
    seconds = None if own["time"] is None else _seconds(own["time"])
    space = _space(own["tries"])
    given = {k: v for k, v in given.items() if k not in DEFAULTS}
    options = TrainOptions.from_json(recorded).updated(given)
    networks = SearchSpace.of(space).domains.get(NETWORK)
    names = [options.model] if networks is None else [str(name) for name in networks.samples]
    chosen = [options if n == options.model else options.updated({"model": n}) for n in names]
    dataset = load(options.data, options.data_options)
    if "train" not in dataset.splits:
        raise InputError("no training images", where=options.data)
    models = {one.model: network_of(one, dataset, None) for one in chosen}
    train, held_out = dataset.train.split(own["validation"], options.training.seed or 0)
    command = {**options.to_json(), "sweep": own}
    return make_sweep(
        Workload(models, train, held_out, dataset.splits.get("test"), options.training),
        space,
        trials=own["trials"],
        seconds=seconds,
        metric=own["metric"],
        seeds=own["seeds"],
        halving=not own["no_halving"],
        seed=options.training.seed or 0,
        workers=workers,
        ray=ray,
        folder=folder or _new_folder(options.label),
        resume=resume,
        storage=None if own["storage"] is None else Path(own["storage"]),
        about={"data": dataset.name, "network": ", ".join(models), "command": command},
    )


def _space(tries: list[str]) -> dict[str, Any]:
    """Returns the search space of the options `--try`.

    Raises:
        InputError: there is none, one is wrong, or a setting comes twice.
    """
    from spritenet.sweeps.search_space import parse_try

    if not tries:
        raise InputError(
            "nothing to search",
            where="--try",
            expected="one setting or more, such as --try learning_rate=1e-4..1e-1:log",
        )
    found: dict[str, Any] = {}
    for text in tries:
        name, domain = parse_try(text)
        if name in found:
            raise InputError("the setting comes twice", where=f"--try {name}", got=text)
        found[name] = domain
    return found


def _seconds(text: str) -> float:
    """Returns the seconds of a duration such as "10m".

    Raises:
        InputError: it is none, or 0.
    """
    found = DURATION.fullmatch(text.strip().lower())
    if found is None or found[2] not in UNITS or float(found[1]) == 0:
        raise InputError("not a time", where="--time", expected="such as 90s, 10m or 2h", got=text)
    return float(found[1]) * UNITS[found[2]]


def _latest() -> Path | None:
    """Returns the latest sweep in sweeps/."""
    found = SWEEPS.glob("*/sweep.json")
    return max((p.parent for p in found), key=lambda p: p.stat().st_mtime, default=None)


def _new_folder(label: str) -> Path:
    """Returns the path of a new folder in sweeps/."""
    number = 1
    while (SWEEPS / f"{label}-{number}").exists():
        number += 1
    return SWEEPS / f"{label}-{number}"
