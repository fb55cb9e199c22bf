"""`spritenet sheet`: a contact sheet of a data set, or files for the Embedding Projector."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Json, check_suffix
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.cli.datasets import load
from spritenet.formatting import plural

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spritenet.dataset import Dataset, Split

__all__ = ["sheet"]

ROWS = {"class": 20, "random": 8}
MOST_FEATURES = 4096
"""Per vector: the projector is a page, which keeps all of them in memory."""


class Arrangement(StrEnum):
    """Arrangements of a contact sheet."""

    CLASS = "class"
    RANDOM = "random"


@with_data_options
def sheet(
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="A data set: its name, path or address.")
    ],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="A PNG file; with --projector, a new folder.")
    ],
    by: Annotated[
        Arrangement, typer.Option(help="One class per row, or random images with class names.")
    ] = Arrangement.CLASS,
    split: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Split: train, test, …", show_default="the first"),
    ] = None,
    columns: Annotated[
        int, typer.Option(metavar="N", min=1, max=200, help="Images per row, at most.")
    ] = 14,
    rows: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=1000, help="Rows, at most.", show_default="20 or 8"),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Random seed of the choice of images.",
            show_default="the first images; 0 for random",
        ),
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Show each image beside augmented copies: digits, photos, or amounts such as "
            "rotation=10.",
            show_default="none",
        ),
    ] = None,
    projector: Annotated[
        bool,
        typer.Option(
            "--projector",
            help="Write a folder for the Embedding Projector and Facets Dive.",
        ),
    ] = False,
    count: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Number of images for --projector.",
            show_default="as many as fit",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="MODEL",
            help="Use the inputs of this model's last layer as vectors, instead of pixels.",
        ),
    ] = None,
    json: Json = False,
    *,
    data_options: DataOptions,
) -> None:
    """Write a contact sheet, or files for the Embedding Projector."""
    from spritenet.atomic import write_file
    from spritenet.dataset.contact_sheet import contact_sheet, mosaic
    from spritenet.destination import destination
    from spritenet.errors import InputError

    check_suffix(out, *([] if projector else [".png"]), folder=projector)
    with destination(out) as place:
        chosen = _split(load(data, data_options), split)
        arrays = chosen.images, chosen.labels, chosen.class_names
        if augment is not None:
            if projector:
                raise InputError("mutually exclusive", where="--augment", got="--projector")
            count_of_rows = rows or ROWS[by.value]
            picture = _copies(chosen, by, augment, columns, count_of_rows, seed)
            write_file(place.path, picture)
        elif projector:
            shown = _write_projector(chosen, place.path, count, seed or 0, model)
        elif by is Arrangement.CLASS:
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


def _copies(
    split: Split, by: Arrangement, augment: str, columns: int, rows: int, seed: int | None
) -> bytes:
    """Draws a row for an image of each class, or for random ones, beside augmented copies."""
    from spritenet.augmentation import find_steps
    from spritenet.dataset.augmented_copies import copies_sheet, some_places

    by_class = by is Arrangement.CLASS
    classes = len(split.class_names) if by_class else 0
    choice = seed if by_class else seed or 0
    places = some_places(split.labels, rows, classes=classes, seed=choice)
    return copies_sheet(
        split.images,
        split.labels,
        split.class_names,
        find_steps(augment),
        places,
        columns=columns,
        seed=seed or 0,
    )


def _split(dataset: Dataset, name: str | None) -> Split:
    """Returns the split of a name; the first one without a name.

    Raises:
        InputError: the split is unknown.
    """
    from spritenet.errors import InputError

    splits = dataset.splits
    if name is None:
        return next(iter(splits.values()))
    if name not in splits:
        raise InputError(
            "unknown split",
            where="--split",
            expected="one of " + ", ".join(splits),
            got=name,
        )
    return splits[name]


def _write_projector(
    split: Split, folder: Path, count: int | None, seed: int, model: Path | None
) -> int:
    """Writes the folder for the projector and Facets, and returns the number of its images.

    Raises:
        InputError: there are more images than a texture holds, or the folder exists.
    """
    from spritenet.atomic import new_folder
    from spritenet.dataset.atlas import LARGEST_SIDE, atlas, most_images
    from spritenet.errors import InputError

    most = most_images(split.image_shape)
    if count is not None and count > most:
        raise InputError(
            f"too many images for a texture of {LARGEST_SIDE} pixels",
            where="--count",
            expected=f"at most {most}",
            got=count,
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("the folder exists", where=folder, do="Name a new one.")
    points = None if model is None else _features(model, split)
    shown = min(count or most, len(split))
    files = atlas(split, shown, seed, points)
    with new_folder(folder) as fresh:
        for name, content in files.items():
            (fresh / name).write_bytes(content)
    return shown


def _report_projector(split: Split, path: str, shown: int, json: bool) -> None:
    """Prints what was written for the projector."""
    if json:
        terminal.print_json({"path": path, "split": split.name, "images": shown})
        return
    rest = "" if shown == len(split) else f" of {len(split):,}"
    print(f"{path}: {plural(shown, 'image')}{rest} of {split.name}")
    print(
        "Serve the folder and give the projector the address of its config.json, or load "
        "tensors.bytes and metadata.tsv there by hand; Facets Dive takes sprite.png and data.json."
    )


def _features(model: Path, split: Split) -> NDArray[np.float32]:
    """Returns the inputs of the model's last layer for each image, (n, d).

    Raises:
        ModelError: the images don't fit the model, or there are too many features.
    """
    from spritenet.cli.models import load_network
    from spritenet.errors import ModelError
    from spritenet.model.features import features

    points = features(load_network(model), split.images)
    if points.shape[1] > MOST_FEATURES:
        raise ModelError(
            "too many features for the projector",
            where=model,
            expected=f"at most {MOST_FEATURES}",
            got=points.shape[1],
        )
    return points
