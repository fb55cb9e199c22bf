"""`spritenet pack`: writes any data set as a sprite, with other splits if asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Json, check_suffix
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.cli.datasets import print_warnings, survey
from spritenet.errors import InputError
from spritenet.formatting import plural, shape

if TYPE_CHECKING:
    from spritenet.dataset.lazy_dataset import LazyDataset
    from spritenet.dataset.load_warnings import LoadWarnings
    from spritenet.destination import Destination

__all__ = ["Layout", "pack"]

FRACTION = re.compile(r"([^=]+)=(\d+(?:\.\d+)?)(%?)")


class Layout(StrEnum):
    """Layouts of a sprite."""

    ROWS = "rows"
    GRID = "grid"


@with_data_options
def pack(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A data set: its name, path or address.")
    ],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The sprite, or the folder of sprites.")
    ],
    layout: Annotated[
        Layout, typer.Option(help="One image per row, or a grid of tiles.")
    ] = Layout.ROWS,
    columns: Annotated[
        int | None,
        typer.Option(metavar="N", help="Tiles per row of a grid.", show_default="about square"),
    ] = None,
    segment_rows: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Rows per segment, which are compressed together.",
            show_default="128 KiB of them",
        ),
    ] = None,
    shard_rows: Annotated[
        int | None,
        typer.Option(metavar="N", help="Rows per sprite, at most.", show_default="65,000"),
    ] = None,
    level: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Compression level, 1 (fast) to 12 (small).",
            show_default="7",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Number of threads; the bytes are the same for any number.",
            show_default="all cores",
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Number of processes that write sprites, if there are several."
        ),
    ] = None,
    ray: Annotated[bool, typer.Option("--ray", help="Write sprites on a Ray cluster.")] = False,
    tfjs: Annotated[
        bool,
        typer.Option(
            "--tfjs",
            help="Also write the label file of the TensorFlow.js tutorials. MNIST is split as "
            "there, into 55,000 training and 10,000 test images.",
        ),
    ] = False,
    split: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|NAME=FRACTION",
            help="Split a fraction off train (test=10% or test=1000), or keep only this split; "
            "may be repeated.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Random seed of --split.")] = 0,
    json: Json = False,
    *,
    data_options: DataOptions,
) -> None:
    """Write a data set as a sprite: one PNG with images and labels."""
    from spritenet import sprites
    from spritenet.dataset.load_warnings import LoadWarnings
    from spritenet.destination import destination
    from spritenet.sprites.pack import DEFAULT_LEVEL

    check_suffix(out, ".png")
    with destination(out) as place:
        listing = _resplit(survey(source, data_options), split or (), seed)
        warnings = LoadWarnings()
        with terminal.progress_bar("packing", len(listing)) as progress:
            path = sprites.pack(
                listing,
                place.path,
                layout="rows" if layout is Layout.ROWS else "grid",
                columns=columns,
                segment_rows=segment_rows,
                shard_rows=shard_rows,
                level=DEFAULT_LEVEL if level is None else level,
                workers=workers,
                processes=processes,
                ray=ray,
                tfjs=tfjs,
                strict=data_options.strict,
                load_warnings=warnings,
                progress=progress,
            )
        written = _describe(path, place)
    print_warnings(warnings)
    _report(written, warnings, json)


def _resplit(listing: LazyDataset, requests: Sequence[str], seed: int = 0) -> LazyDataset:
    """Returns a data set with other splits.

    Args:
        listing: the data set.
        requests: "train" keeps this split, and drops those not named; "test=10%" splits a tenth of
            each class off `train`, "test=1000" a thousand images.
        seed: of the choice of images.

    Raises:
        InputError: a request is malformed or impossible.
    """
    names = [text for text in requests if "=" not in text]
    new = [text.partition("=")[0].strip() for text in requests if "=" in text]
    if names:
        source = {"train"} & {name for name, _, _ in listing.splits} if new else set()
        listing = listing.select([*names, *source])
    for text in requests:
        if "=" not in text:
            continue
        match = FRACTION.fullmatch(text.strip())
        if match is None or ("." in match[2] and not match[3] and float(match[2]) >= 1):
            raise InputError(
                "invalid split",
                where="--split",
                expected="a split's name, or test=10%, or test=1000",
                got=text,
            )
        number = float(match[2])
        size = number / 100 if match[3] else number if number < 1 else int(match[2])
        listing = listing.hold_out(match[1].strip(), size, seed)
    return listing.select([*names, *new]) if names else listing


def _describe(path: Path, place: Destination) -> dict[str, Any]:
    """Returns the entries of `--json` about what was written, before it is uploaded."""
    from spritenet import sprites

    with sprites.SpriteFolder(path) if path.is_dir() else sprites.Sprite(path) as opened:
        metadata, image_shape, count = opened.metadata, opened.image_shape, len(opened)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    sprites_written = [file for file in files if file.suffix == ".png"]
    return {
        "path": str(place.of(path)),
        "images": count,
        "image_shape": list(image_shape),
        "splits": {name: stop - first for name, first, stop in metadata.splits},
        "files": [str(place.of(file)) for file in sprites_written],
        "bytes": sum(file.stat().st_size for file in sprites_written),
        "content_hash": metadata.content_hash,
    }


def _report(written: dict[str, Any], warnings: LoadWarnings, json: bool) -> None:
    """Prints what was written."""
    if json:
        left_out = [str(error) for error in warnings.left_out]
        terminal.print_json({**written, "left_out": left_out, "notes": warnings.notes})
        return
    files = written["files"]
    many = "" if files == [written["path"]] else f" in {plural(len(files), 'sprite')}"
    images = f"{plural(written['images'], 'image')} of {shape(written['image_shape'])}"
    print(f"{written['path']}: {images}{many}, {written['bytes']:,} bytes")
