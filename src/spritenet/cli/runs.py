"""`spritenet runs`: lists, compares and removes runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli.arguments import Json
from spritenet.formatting import duration, percent, plural

if TYPE_CHECKING:
    from spritenet.runs import Run
    from spritenet.runs.summary import Summary

__all__ = ["runs"]

RESULTS = ("state", "steps", "test accuracy", "validation accuracy", "loss", "duration")
"""Rows of a comparison after the differences."""

HIDDEN = ("data_sha256", "table", "version")
"""Keys of config.json that a comparison leaves out."""

Pruning = "With --prune"


def runs(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUNS...",
            help="Runs to compare: names in the folder, or paths.",
            show_default="list all",
        ),
    ] = None,
    folder: Annotated[Path, typer.Option("--in", metavar="FOLDER", help="Folder of runs.")] = Path(
        "runs"
    ),
    prune: Annotated[bool, typer.Option("--prune", help="Remove runs, after asking.")] = False,
    older_than: Annotated[
        float | None,
        typer.Option(
            metavar="DAYS",
            min=0,
            help="Remove runs unchanged for this many days.",
            rich_help_panel=Pruning,
        ),
    ] = None,
    keep_best: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Keep the N most accurate runs of each data set.",
            rich_help_panel=Pruning,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.", rich_help_panel=Pruning)] = False,
    json: Json = False,
) -> None:
    """List runs, compare some of them, or remove some."""
    if prune:
        _prune(folder, older_than, keep_best, yes=yes, json=json)
    elif names:
        _compare([_found(name, folder) for name in names], json=json)
    else:
        _list(folder, json=json)


def _list(folder: Path, *, json: bool) -> None:
    """Prints all runs, one per line."""
    from spritenet.cli.terminal import print_json, print_table, table
    from spritenet.runs.run_directory import RunDirectory

    found = RunDirectory(folder).summaries()
    if json:
        print_json({"folder": str(folder), "runs": [one.to_json() for one in found]})
        return
    if not found:
        print(f"No runs in {folder}. Type spritenet train to make one.")
        return
    shown = table(
        "run", "network", "data", "state", "steps", "test", "validation", "changed", left=4
    )
    for one in found:
        shown.add_row(
            one.name,
            one.network or "–",
            one.data or "–",
            one.state,
            "–" if one.steps is None else f"{one.steps:,}",
            _percent(one.test_accuracy),
            _percent(one.val_accuracy),
            _ago(time() - one.changed),
        )
    print_table(shown)


def _compare(chosen: Sequence[Run], *, json: bool) -> None:
    """Prints the settings in which runs differ, and their results."""
    from spritenet.cli.terminal import print_json, print_table, table
    from spritenet.errors import RunError
    from spritenet.runs.summary import summary

    if len(chosen) < 2:
        raise RunError(
            "a comparison needs two runs",
            where=chosen[0].folder,
            do="Name another; spritenet watch shows a single run.",
        )
    configs = [_flat(run.config()) for run in chosen]
    keys = sorted({key for config in configs for key in config})
    different = [key for key in keys if len({str(config.get(key)) for config in configs}) > 1]
    summaries = [summary(run) for run in chosen]
    if json:
        print_json(
            {
                "runs": [one.to_json() for one in summaries],
                "differences": {key: [c.get(key) for c in configs] for key in different},
            }
        )
        return
    shown = table("", *(run.folder.name for run in chosen))
    for key in different:
        shown.add_row(key, *(_word(config.get(key)) for config in configs))
    if different:
        shown.add_section()
    results = [_results(one) for one in summaries]
    for name in RESULTS:
        shown.add_row(name, *(result[name] for result in results))
    print_table(shown)
    if not different:
        print("Their settings are the same.")


def _prune(
    folder: Path, older_than: float | None, keep_best: int | None, *, yes: bool, json: bool
) -> None:
    """Removes runs, except those still training."""
    import sys

    from spritenet.cli.terminal import print_json
    from spritenet.errors import InputError
    from spritenet.runs import Run
    from spritenet.runs.run_directory import RunDirectory

    if older_than is None and keep_best is None:
        raise InputError(
            "no runs chosen",
            where="--prune",
            do="Add --older-than DAYS, --keep-best N, or both.",
        )
    found = RunDirectory(folder).summaries()
    chosen = [one for one in found if not one.under_way]
    if older_than is not None:
        chosen = [one for one in chosen if time() - one.changed > older_than * 86_400]
    if keep_best is not None:
        best = _best(found, keep_best)
        chosen = [one for one in chosen if one.name not in best]
    if chosen and not yes:
        if json or not sys.stdin.isatty():
            raise InputError("no terminal to ask in", where="--prune", do="Add --yes.")
        for one in chosen:
            print(f"  {one.name}: {one.state}, {_percent(one.accuracy)}, {_age(one)}")
        typer.confirm(f"Remove {plural(len(chosen), 'run')} from {folder}?", abort=True)
    for one in chosen:
        Run(folder / one.name).remove()
    if json:
        print_json({"removed": [one.name for one in chosen], "kept": len(found) - len(chosen)})
    else:
        print(f"Removed {plural(len(chosen), 'run')}; {len(found) - len(chosen)} kept.")


def _best(found: Sequence[Summary], count: int) -> set[str]:
    """Returns the names of the most accurate runs of each data set."""
    kept: set[str] = set()
    for data in {one.data for one in found}:
        known = [one for one in found if one.data == data and one.accuracy is not None]
        known.sort(key=lambda one: one.accuracy or 0.0, reverse=True)
        kept |= {one.name for one in known[:count]}
    return kept


def _found(name: str, folder: Path) -> Run:
    """Returns a run by its name in the folder, or by its path.

    Raises:
        RunError: there is none.
    """
    from spritenet.errors import RunError
    from spritenet.runs import Run

    for path in (folder / name, Path(name)):
        if Run(path).config_path.exists():
            return Run(path)
    raise RunError("no such run", where=name, do="spritenet runs lists them.")


def _flat(config: Mapping[str, object], before: str = "") -> dict[str, object]:
    """Returns a config.json as one level of dotted keys; list entries by their index."""
    flat: dict[str, object] = {}
    for key, value in config.items():
        name = f"{before}{key}"
        if not before and key in HIDDEN:
            continue
        if isinstance(value, dict):
            flat |= _flat(value, f"{name}.")
        elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
            flat |= _flat({str(place): inner for place, inner in enumerate(value)}, f"{name}.")
        else:
            flat[name] = value
    return flat


def _results(one: Summary) -> dict[str, str]:
    """Returns the results of a run as text."""
    values = (
        one.state,
        "–" if one.steps is None else f"{one.steps:,}",
        _percent(one.test_accuracy),
        _percent(one.val_accuracy),
        "–" if one.loss is None else f"{one.loss:.4f}",
        "–" if one.seconds is None else duration(one.seconds),
    )
    return dict(zip(RESULTS, values, strict=True))


def _percent(fraction: float | None) -> str:
    """Returns a fraction in per cent, or a dash."""
    return "–" if fraction is None else percent(fraction, 2)


def _word(value: object) -> str:
    """Returns a setting, or a dash."""
    return "–" if value is None else str(value)


def _age(one: Summary) -> str:
    """Returns the time since a run last changed."""
    return _ago(time() - one.changed)


def _ago(seconds: float) -> str:
    """Returns the time since, in its largest unit.

    >>> _ago(5), _ago(150), _ago(7300), _ago(200_000)
    ('just now', '2 min ago', '2 h ago', '2 days ago')
    """
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds / 60)} min ago"
    if seconds < 2 * 86_400:
        return f"{int(seconds / 3600)} h ago"
    return f"{int(seconds / 86_400)} days ago"
