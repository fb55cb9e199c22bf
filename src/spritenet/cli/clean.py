"""`spritenet clean`: finds wrong labels, duplicates and outliers, and makes a corrected copy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Data, Json, check_suffix
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.formatting import duration, percent, plural

if TYPE_CHECKING:
    from spritenet.curation import Change, Findings
    from spritenet.curation.findings import Kind
    from spritenet.dataset import Dataset

__all__ = ["clean"]

SHOWN = 10
"""Findings of each kind in the terminal."""

DOUBTFUL = 0.7
"""Agreement of networks and labels below which findings about labels are doubtful."""

TITLES: dict[Kind, str] = {
    "label": "Labels that are probably wrong",
    "duplicate": "Duplicates",
    "near-duplicate": "Near-duplicates",
    "outlier": "Outliers",
}


@with_data_options
def clean(
    data: Data,
    page: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a page to accept or reject each finding."),
    ] = None,
    changes: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the proposed changes as CSV."),
    ] = None,
    apply: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Make the changes of a CSV file; --out names the new data set."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="With --apply: the sprite or folder to write."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NETWORK",
            help="Network that judges the labels, as for `train`.",
            show_default="a small one",
        ),
    ] = None,
    folds: Annotated[
        int, typer.Option(metavar="N", min=2, help="Folds of the cross-validation.")
    ] = 5,
    rounds: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, help="Rounds; each trains on the labels that seemed right before."
        ),
    ] = 2,
    seed: Annotated[int, typer.Option(metavar="N", help="Random seed.")] = 0,
    json: Json = False,
    *,
    data_options: DataOptions,
) -> None:
    """Find wrong labels, duplicates and outliers in a data set."""
    from spritenet import curation
    from spritenet.cli.datasets import load
    from spritenet.errors import InputError

    if page is not None:
        check_suffix(page, ".html", ".htm", folder=False)
    if changes is not None:
        check_suffix(changes, ".csv", folder=False)
    if (apply is None) != (out is None):
        raise InputError("--apply and --out belong together", do="Give both, or neither.")
    if apply is not None and out is not None:
        made = curation.read_changes(apply)
        _apply(load(data, data_options), made, apply, out, json=json)
        return
    dataset = load(data, data_options)
    with terminal.progress_bar("training", curation.trainings(dataset, folds, rounds)) as bar:
        found = curation.clean(
            dataset,
            model=model,
            folds=folds,
            rounds=rounds,
            seed=seed,
            progress=lambda _done, _total: None if bar is None else _advance(bar),
        )
    if changes is not None:
        curation.write_changes(found.changes(), changes)
    if page is not None:
        from spritenet.atomic import write_file
        from spritenet.web.curation import review_page

        write_file(page, review_page(found).encode())
    if json:
        terminal.print_json(_values(found, page, changes))
    else:
        _print(found, data, page, changes)


def _advance(bar: Callable[[int], object]) -> None:
    """Counts one more training."""
    bar(1)


def _apply(dataset: Dataset, made: list[Change], apply: Path, out: Path, *, json: bool) -> None:
    """Makes changes in a copy of a data set, and writes it as sprites."""
    from spritenet import curation, sprites

    changed = curation.apply_changes(dataset, made, where=apply)
    written = sprites.pack(changed, out)
    before = sum(len(split) for split in dataset.splits.values())
    after = sum(len(split) for split in changed.splits.values())
    relabelled = sum(change.action == "relabel" for change in made)
    if json:
        terminal.print_json(
            {
                "out": str(written),
                "images": after,
                "removed": before - after,
                "relabelled": relabelled,
            }
        )
        return
    print(
        f"{written}: {plural(after, 'image')}, {before - after:,} removed, "
        f"{relabelled:,} relabelled"
    )


def _print(found: Findings, data: str, page: Path | None, changes: Path | None) -> None:
    """Prints the findings, some of each kind, and the next command."""
    if found.agreement < DOUBTFUL:
        terminal.print_error(
            f"note: the networks agree with {percent(found.agreement)} of the labels only: what is "
            "said of labels is doubtful. More images would help, or another network: --model"
        )
    for name, fraction in found.noise.items():
        total = plural(len(found.data[name]), "image")
        print(f"{name}: {total}, {percent(fraction)} of the labels probably wrong")
    for kind, title in TITLES.items():
        findings = found.of(kind)
        if not findings:
            continue
        print(f"\n{title}: {len(findings):,}")
        made = terminal.table("image", "label", "finding", "score", left=3)
        for one in findings[:SHOWN]:
            made.add_row(f"{one.split} {one.index}", one.label, one.reason, f"{one.score:.2f}")
        terminal.print_table(made)
    if found.overlaps:
        pairs = ", ".join(f"{a} and {b} ({count:,})" for a, b, count in found.overlaps[:5])
        print(f"\nClasses taken for each other, in images: {pairs}")
    _print_end(found, data, page, changes)


def _print_end(found: Findings, data: str, page: Path | None, changes: Path | None) -> None:
    """Prints the number of findings, the files written and the next command."""
    looked, total_images = found.compared
    some = "" if looked == total_images else f"; {looked:,} images were compared for duplicates"
    print(f"\n{plural(len(found.findings), 'finding')} in {duration(found.seconds)}{some}")
    if page is not None:
        print(f"{page}: accept or reject each, and save the changes as CSV")
    if changes is not None:
        print(f"{changes}: {plural(len(found.changes()), 'image')}")
    if page is None and changes is None and found.findings:
        print(f"To look at them: spritenet clean {data} --page review.html")
    elif found.findings:
        file = changes or "changes.csv"
        print(f"To make the changes: spritenet clean {data} --apply {file} --out cleaned.png")


def _values(found: Findings, page: Path | None, changes: Path | None) -> dict[str, object]:
    """Returns the findings as JSON values."""
    return {
        "data": found.data.name,
        "counts": found.counts,
        "noise": found.noise,
        "overlaps": [list(pair) for pair in found.overlaps],
        "agreement": found.agreement,
        "compared": list(found.compared),
        "seconds": found.seconds,
        "findings": [
            {
                "kind": one.kind,
                "split": one.split,
                "index": one.index,
                "label": one.label,
                "suggested": one.suggested,
                "other": None if one.other is None else list(one.other),
                "score": one.score,
            }
            for one in found.findings
        ],
        **({"page": str(page)} if page else {}),
        **({"changes": str(changes)} if changes else {}),
    }
