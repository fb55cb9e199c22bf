"""`spritenet pack`: any data set as a sprite."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import ImageSize, Json, Labels, TrainCount
from spritenet.cli.counter import counting
from spritenet.cli.data import load
from spritenet.cli.text import plural, shape

__all__ = ["Layout", "pack"]


class Layout(StrEnum):
    """How images lie in the picture."""

    ROWS = "rows"
    GRID = "grid"


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
        int | None, typer.Option(metavar="N", help="Tiles side by side in a grid.")
    ] = None,
    segment_rows: Annotated[
        int | None, typer.Option(metavar="N", help="Rows that are read together.")
    ] = None,
    shard_rows: Annotated[
        int | None, typer.Option(metavar="N", help="Rows of a sprite at most.")
    ] = None,
    level: Annotated[
        int | None, typer.Option(metavar="N", help="Of compression, 1 (fast) to 12 (small).")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Threads; the bytes are the same on any number.")
    ] = None,
    tfjs: Annotated[
        bool, typer.Option("--tfjs", help="Also write the labels file of the tutorials' loader.")
    ] = False,
    image_size: ImageSize = None,
    labels: Labels = None,
    train: TrainCount = None,
    json: Json = False,
) -> None:
    """Write a data set as a sprite: a PNG with images, labels, classes and splits."""
    from spritenet import sprites
    from spritenet.sprites.pack import DEFAULT_LEVEL

    data = load(source, image_size=image_size, labels=labels, train=train)
    count = sum(len(split) for split in data.splits.values())
    with counting("packing", count) as progress:
        path = sprites.pack(
            data,
            out,
            layout="rows" if layout is Layout.ROWS else "grid",
            columns=columns,
            segment_rows=segment_rows,
            shard_rows=shard_rows,
            level=DEFAULT_LEVEL if level is None else level,
            workers=workers,
            tfjs=tfjs,
            progress=progress,
        )
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    pictures = [file for file in files if file.suffix == ".png"]
    size = sum(file.stat().st_size for file in pictures)
    if json:
        terminal.print_json(
            {
                "path": str(path),
                "images": count,
                "image_shape": list(data.image_shape),
                "files": [str(file) for file in pictures],
                "bytes": size,
                "content_hash": data.content_hash,
            }
        )
        return
    many = f" in {plural(len(pictures), 'sprite')}" if path.is_dir() else ""
    print(f"{path}: {plural(count, 'image')} of {shape(data.image_shape)}{many}, {size:,} bytes")
