"""`spritenet unpack`: a data set as files that other programs read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Data, ImageSize, Json, Labels, TrainCount
from spritenet.cli.counter import counting
from spritenet.cli.data import load
from spritenet.cli.text import plural, shape

__all__ = ["Form", "unpack"]


class Form(StrEnum):
    """What to write."""

    IDX = "idx"
    FOLDER = "folder"
    NPZ = "npz"


def unpack(
    data: Data,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder, or a file .npz.")],
    to: Annotated[
        Form | None,
        typer.Option(help="IDX files, a folder of PNGs, or NumPy's npz.", show_default=False),
    ] = None,
    image_size: ImageSize = None,
    labels: Labels = None,
    train: TrainCount = None,
    json: Json = False,
) -> None:
    """Write a data set, a sprite for example, as IDX files, a folder of PNGs or an npz file."""
    from spritenet.sources import unpack as target

    dataset = load(data, image_size=image_size, labels=labels, train=train)
    count = sum(len(split) for split in dataset.splits.values())
    kind = next((kind for kind in target.KINDS if to is not None and kind == to.value), None)
    with counting("unpacking", count) as progress:
        path = target.unpack(dataset, out, kind, progress=progress)
    if json:
        terminal.print_json(
            {
                "path": str(path),
                "images": count,
                "image_shape": list(dataset.image_shape),
                "content_hash": dataset.content_hash,
            }
        )
        return
    print(f"{path}: {plural(count, 'image')} of {shape(dataset.image_shape)}")
