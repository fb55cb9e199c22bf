"""`spritenet pack`: any data set as a sprite."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Json
from spritenet.cli.counter import counting
from spritenet.cli.data import survey
from spritenet.cli.reading import Reading, reads_data
from spritenet.formatting import plural, shape

if TYPE_CHECKING:
    from spritenet.dataset.load_warnings import LoadWarnings
    from spritenet.destination import Destination

__all__ = ["Layout", "pack"]


class Layout(StrEnum):
    """How images lie in the picture."""

    ROWS = "rows"
    GRID = "grid"


@reads_data
def pack(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A data set: its name or its path.")
    ],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The sprite, or the folder of sprites.")
    ],
    layout: Annotated[
        Layout, typer.Option(help="An image a row, or tiles side by side.")
    ] = Layout.ROWS,
    columns: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Tiles side by side in a grid.", show_default="about square"
        ),
    ] = None,
    segment_rows: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Rows that are read together.", show_default="128 KiB of them"
        ),
    ] = None,
    shard_rows: Annotated[
        int | None,
        typer.Option(metavar="N", help="Rows of a sprite at most.", show_default="65,000"),
    ] = None,
    level: Annotated[
        int | None,
        typer.Option(metavar="N", help="Of compression, 1 (fast) to 12 (small).", show_default="7"),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Threads; the bytes are the same on any number.",
            show_default="all cores",
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(metavar="N", help="Processes that write sprites, if there are several."),
    ] = None,
    ray: Annotated[
        bool, typer.Option("--ray", help="Let the machines of a Ray cluster write them.")
    ] = False,
    tfjs: Annotated[
        bool,
        typer.Option(
            "--tfjs",
            help="Also write the labels file of the tutorials' loader. Of MNIST, what the "
            "tutorials' own file has: 55,000 and 10,000 images.",
        ),
    ] = False,
    split: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|NAME=SHARE",
            help="Set a part of train aside (test=10% or test=1000), or keep only this split; "
            "may be repeated.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Decides which images are set aside.")] = 0,
    json: Json = False,
    *,
    reading: Reading,
) -> None:
    """Write a data set as a sprite: a PNG with images, labels, classes and splits."""
    from spritenet import sprites
    from spritenet.cli.notes import tell
    from spritenet.cli.splits import split as with_splits
    from spritenet.cli.suffix import check_ending
    from spritenet.dataset.load_warnings import LoadWarnings
    from spritenet.destination import destination
    from spritenet.sprites.pack import DEFAULT_LEVEL

    check_ending(out, ".png")
    with destination(out) as place:
        listing = survey(source, reading)
        listing = with_splits(listing, split or (), seed)
        remarks = LoadWarnings()
        with counting("packing", len(listing)) as progress:
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
                strict=reading.strict,
                remarks=remarks,
                progress=progress,
            )
        written = _written(path, place)
    tell(remarks)
    _report(written, remarks, json)


def _written(path: Path, place: Destination) -> dict[str, Any]:
    """The facts of what was written, before it is uploaded to where it belongs."""
    from spritenet import sprites

    with sprites.SpriteFolder(path) if path.is_dir() else sprites.Sprite(path) as opened:
        metadata, image_shape, count = opened.metadata, opened.image_shape, len(opened)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    pictures = [file for file in files if file.suffix == ".png"]
    return {
        "path": str(place.of(path)),
        "images": count,
        "image_shape": list(image_shape),
        "splits": {name: stop - first for name, first, stop in metadata.splits},
        "files": [str(place.of(file)) for file in pictures],
        "bytes": sum(file.stat().st_size for file in pictures),
        "content_hash": metadata.content_hash,
    }


def _report(written: dict[str, Any], remarks: LoadWarnings, json: bool) -> None:
    """Say what was written."""
    if json:
        left_out = [str(error) for error in remarks.left_out]
        terminal.print_json({**written, "left_out": left_out, "notes": remarks.notes})
        return
    files = written["files"]
    many = "" if files == [written["path"]] else f" in {plural(len(files), 'sprite')}"
    images = f"{plural(written['images'], 'image')} of {shape(written['image_shape'])}"
    print(f"{written['path']}: {images}{many}, {written['bytes']:,} bytes")
