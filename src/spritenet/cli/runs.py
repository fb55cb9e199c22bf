"""`spritenet runs`: list the trainings that were kept, compare them, remove them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli.arguments import Json

if TYPE_CHECKING:
    from spritenet.runs import Run
    from spritenet.runs.summary import Summary

__all__ = ["runs"]

RESULTS = ("state", "steps", "test accuracy", "held-out accuracy", "loss", "duration")
"""What is always shown when runs are compared."""

UNTOLD = ("data_sha256", "table", "version")
"""Parts of a config.json that say nothing to people."""

Pruned = "With --prune"


def runs(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUNS...",
            help="Two or more to compare: names in the folder, or paths.",
            show_default="list all",
        ),
    ] = None,
    folder: Annotated[
        Path, typer.Option("--in", metavar="FOLDER", help="Where the runs are.")
    ] = Path("runs"),
    prune: Annotated[bool, typer.Option("--prune", help="Remove runs, once you agree.")] = False,
    older_than: Annotated[
        float | None,
        typer.Option(
            metavar="DAYS",
            min=0,
            help="Those untouched for so many days.",
            rich_help_panel=Pruned,
        ),
    ] = None,
    keep_best: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="All but the N most accurate for each data set.",
            rich_help_panel=Pruned,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.", rich_help_panel=Pruned)] = False,
    json: Json = False,
) -> None:
    """List the trainings that were kept, compare some of them, or remove some."""
    if prune:
        _prune(folder, older_than, keep_best, yes=yes, json=json)
    elif names:
        _compare([_found(name, folder) for name in names], json=json)
    else:
        _list(folder, json=json)


def _list(folder: Path, *, json: bool) -> None:
    """All runs, a line each."""
    from spritenet.cli.terminal import console, print_json, table
    from spritenet.runs.run_directory import Shelf

    found = Shelf(folder).summaries()
    if json:
        print_json({"folder": str(folder), "runs": [one.to_json() for one in found]})
        return
    if not found:
        print(f"There is no run in {folder}. Type spritenet train to make one.")
        return
    shown = table("run", "network", "data", "state", "steps", "test", "held out", "when", left=4)
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
    console().print(shown)


def _compare(chosen: Sequence[Run], *, json: bool) -> None:
    """What differs between runs, and what came of each."""
    from spritenet.cli.terminal import console, print_json, table
    from spritenet.errors import RunError
    from spritenet.runs.summary import summary

    if len(chosen) < 2:
        raise RunError(
            "one run can't be compared",
            where=chosen[0].folder,
            do="Name two or more; spritenet watch shows a single one.",
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
    console().print(shown)
    if not different:
        print("They were begun in the same way.")


def _prune(
    folder: Path, older_than: float | None, keep_best: int | None, *, yes: bool, json: bool
) -> None:
    """Remove runs; never one that a training works on."""
    import sys

    from spritenet.cli.terminal import print_json
    from spritenet.errors import InputError
    from spritenet.formatting import plural
    from spritenet.runs import Run
    from spritenet.runs.run_directory import Shelf

    if older_than is None and keep_best is None:
        raise InputError(
            "it must be said which runs shall go",
            where="--prune",
            do="Add --older-than DAYS, --keep-best N, or both.",
        )
    found = Shelf(folder).summaries()
    going = [one for one in found if not one.under_way]
    if older_than is not None:
        going = [one for one in going if time() - one.changed > older_than * 86_400]
    if keep_best is not None:
        best = _best(found, keep_best)
        going = [one for one in going if one.name not in best]
    if going and not yes:
        if json or not sys.stdin.isatty():
            raise InputError("nobody can be asked", where="--prune", do="Add --yes.")
        for one in going:
            print(f"  {one.name}: {one.state}, {_percent(one.accuracy)}, {_age(one)}")
        typer.confirm(f"Remove {plural(len(going), 'run')} from {folder}?", abort=True)
    for one in going:
        Run(folder / one.name).remove()
    if json:
        print_json({"removed": [one.name for one in going], "kept": len(found) - len(going)})
    else:
        print(f"Removed {plural(len(going), 'run')}; {len(found) - len(going)} stay.")


def _best(found: Sequence[Summary], count: int) -> set[str]:
    """The names of the most accurate runs for each data set."""
    kept: set[str] = set()
    for data in {one.data for one in found}:
        known = [one for one in found if one.data == data and one.accuracy is not None]
        known.sort(key=lambda one: one.accuracy or 0.0, reverse=True)
        kept |= {one.name for one in known[:count]}
    return kept


def _found(name: str, folder: Path) -> Run:
    """A run by its name in the folder, or by its path.

    Raises:
        RunError: there is none.
    """
    from spritenet.errors import RunError
    from spritenet.runs import Run

    for path in (folder / name, Path(name)):
        if Run(path).config_path.exists():
            return Run(path)
    raise RunError("there is no run", where=name, do="spritenet runs lists them.")


def _flat(config: Mapping[str, object], before: str = "") -> dict[str, object]:
    """A config.json in one level, with dots; layers by their place."""
    flat: dict[str, object] = {}
    for key, value in config.items():
        name = f"{before}{key}"
        if not before and key in UNTOLD:
            continue
        if isinstance(value, dict):
            flat |= _flat(value, f"{name}.")
        elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
            flat |= _flat({str(place): inner for place, inner in enumerate(value)}, f"{name}.")
        else:
            flat[name] = value
    return flat


def _results(one: Summary) -> dict[str, str]:
    """What came of a run, in words."""
    from spritenet.formatting import duration

    figures = (
        one.state,
        "–" if one.steps is None else f"{one.steps:,}",
        _percent(one.test_accuracy),
        _percent(one.val_accuracy),
        "–" if one.loss is None else f"{one.loss:.4f}",
        "–" if one.seconds is None else duration(one.seconds),
    )
    return dict(zip(RESULTS, figures, strict=True))


def _percent(share: float | None) -> str:
    """A share in per cent, if it is known."""
    return "–" if share is None else f"{100 * share:.2f} %"


def _word(value: object) -> str:
    """A setting."""
    return "–" if value is None else str(value)


def _age(one: Summary) -> str:
    """When a run last changed."""
    return _ago(time() - one.changed)


def _ago(seconds: float) -> str:
    """How long ago, in its largest unit.

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
