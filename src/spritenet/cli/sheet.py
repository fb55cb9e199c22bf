"""`spritenet sheet`: a picture of a data set's images, for people or for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Json
from spritenet.cli.data import load
from spritenet.cli.reading import Reading, reads_data
from spritenet.formatting import plural

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spritenet.dataset import Dataset, Split

__all__ = ["Arranged", "sheet"]

ROWS = {"class": 20, "random": 8}
FEATURES = 4096
"""Numbers in a vector at most: the projector is a page, and holds all of them in memory."""


class Arranged(StrEnum):
    """How the images lie in the picture."""

    CLASS = "class"
    RANDOM = "random"


@reads_data
def sheet(
    data: Annotated[str, typer.Argument(metavar="DATA", help="A data set: its name or its path.")],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The PNG file, or the folder for --projector.")
    ],
    by: Annotated[
        Arranged, typer.Option(help="A class a row, or images at random with their names.")
    ] = Arranged.CLASS,
    split: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which images: train, test, …", show_default="the first"),
    ] = None,
    columns: Annotated[
        int, typer.Option(metavar="N", min=1, max=200, help="Images a row, at most.")
    ] = 14,
    rows: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=1000, help="Rows, at most.", show_default="20 or 8"),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", help="Picks the images.", show_default="the first ones, or 0"),
    ] = None,
    projector: Annotated[
        bool,
        typer.Option(
            "--projector",
            help="Write the folder that the Embedding Projector and Facets Dive read.",
        ),
    ] = False,
    count: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="How many images for --projector.",
            show_default="as many as fit",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="MODEL",
            help="Place images in the projector as this model sees them before its last layer.",
        ),
    ] = None,
    json: Json = False,
    *,
    reading: Reading,
) -> None:
    """Draw some images of a data set with their names, or all of them for the projector."""
    from spritenet.atomic import write_file
    from spritenet.cli.suffix import check_ending
    from spritenet.dataset.contact_sheet import contact_sheet, mosaic
    from spritenet.destination import destination

    check_ending(out, *([] if projector else [".png"]), folder=projector)
    with destination(out) as place:
        chosen = _split(load(data, reading), split)
        arrays = chosen.images, chosen.labels, chosen.class_names
        if projector:
            shown = _projector(chosen, place.path, count, seed or 0, model)
        elif by is Arranged.CLASS:
            picture = contact_sheet(*arrays, columns, rows or ROWS["class"], seed)
            write_file(place.path, picture)
        else:
            picture = mosaic(*arrays, columns, rows or ROWS["random"], seed or 0)
            write_file(place.path, picture)
    path = str(place.of(place.path))
    if projector:
        _report_projector(chosen, path, shown, json)
    elif json:
        terminal.print_json({"path": path, "split": chosen.name, "bytes": len(picture)})
    else:
        print(f"{path}: images of {chosen.name}, {len(picture):,} bytes")


def _split(dataset: Dataset, name: str | None) -> Split:
    """The split of that name; the first one if nobody named one.

    Raises:
        InputError: there is none of that name.
    """
    from spritenet.errors import InputError

    splits = dataset.splits
    if name is None:
        return next(iter(splits.values()))
    if name not in splits:
        raise InputError(
            "there is no such split",
            where="--split",
            expected="one of " + ", ".join(splits),
            got=name,
        )
    return splits[name]


def _projector(split: Split, folder: Path, count: int | None, seed: int, model: Path | None) -> int:
    """Write the folder for the projector and for Facets; how many images are in it.

    Raises:
        InputError: there are more images than a texture holds, or the folder is taken.
    """
    from spritenet.atomic import new_folder
    from spritenet.dataset.atlas import LARGEST_SIDE, atlas, most_images
    from spritenet.errors import InputError

    most = most_images(split.image_shape)
    if count is not None and count > most:
        raise InputError(
            f"so many images need a picture wider than {LARGEST_SIDE} pixels",
            where="--count",
            expected=f"at most {most}",
            got=count,
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("it is there already", where=folder, do="Name a new folder.")
    points = None if model is None else _seen(model, split)
    shown = min(count or most, len(split))
    files = atlas(split, shown, seed, points)
    with new_folder(folder) as fresh:
        for name, content in files.items():
            (fresh / name).write_bytes(content)
    return shown


def _report_projector(split: Split, path: str, shown: int, json: bool) -> None:
    """Say what was written for the projector."""
    if json:
        terminal.print_json({"path": path, "split": split.name, "images": shown})
        return
    rest = "" if shown == len(split) else f" of {len(split):,}"
    print(f"{path}: {plural(shown, 'image')}{rest} of {split.name}")
    print(
        "Serve the folder and give the projector the address of its config.json, or load "
        "tensors.bytes and metadata.tsv there by hand; Facets Dive takes sprite.png and data.json."
    )


def _seen(model: Path, split: Split) -> NDArray[np.float32]:
    """What the model's last layer is given for each image, (n, d).

    Raises:
        ModelError: the model takes other images, or there are too many numbers.
    """
    from spritenet.cli.models import load_network
    from spritenet.errors import ModelError
    from spritenet.model.features import features

    points = features(load_network(model), split.images)
    if points.shape[1] > FEATURES:
        raise ModelError(
            "the last layer is given too many numbers for the projector",
            where=model,
            expected=f"at most {FEATURES}",
            got=points.shape[1],
        )
    return points
