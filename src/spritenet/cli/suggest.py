"""`spritenet suggest`: which unlabelled images to label next."""

from __future__ import annotations

import csv as csv_files
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Classes, Json, Model, Pixels, check_suffix
from spritenet.formatting import percent, plural

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spritenet.model import Model as AnyModel

__all__ = ["suggest"]


def suggest(
    model: Model,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A folder of image files without labels.")
    ],
    count: Annotated[int, typer.Option(metavar="N", min=1, help="Images to choose.")] = 20,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the choice as CSV.")
    ] = None,
    prepare: Annotated[
        str | None,
        typer.Option(
            metavar="MODE",
            help="Preparation of the images, as for `predict`.",
            show_default="the model's",
        ),
    ] = None,
    pixels: Pixels = None,
    classes: Classes = None,
    json: Json = False,
) -> None:
    """Choose the unlabelled images that are worth labelling next."""
    from spritenet import curation
    from spritenet.atomic import write_file
    from spritenet.cli.image_files import image_files
    from spritenet.cli.models import load_network
    from spritenet.errors import DataError

    if csv is not None:
        check_suffix(csv, ".csv", folder=False)
    if not folder.is_dir():
        raise DataError("no such folder", where=folder, expected="a folder of image files")
    network = load_network(model, pixels, classes)
    files = image_files(folder)
    images = _read(network, files, prepare)
    found = curation.suggest(network, images, count)
    names = network.class_names or [str(n) for n in range((network.output_shape or (0,))[-1])]
    rows = [
        (str(files[index]), float(unsure), names[first], names[second])
        for index, unsure, first, second in zip(
            found.indices.tolist(),
            found.uncertainty,
            found.likely.tolist(),
            found.second.tolist(),
            strict=True,
        )
    ]
    if csv is not None:
        text = io.StringIO()
        writer = csv_files.writer(text, lineterminator="\n")
        writer.writerow(("file", "uncertainty", "likely", "second"))
        writer.writerows((file, f"{unsure:.4f}", *rest) for file, unsure, *rest in rows)
        write_file(csv, text.getvalue().encode())
    if json:
        keys = ("file", "uncertainty", "likely", "second")
        chosen = [dict(zip(keys, row, strict=True)) for row in rows]
        terminal.print_json({"model": str(model), "images": len(files), "chosen": chosen})
        return
    made = terminal.table("image", "uncertainty", "class", left=1)
    made.columns[2].justify = "left"
    for file, unsure, first, second in rows:
        made.add_row(file, percent(unsure), f"{first} or {second}")
    terminal.print_table(made)
    print(f"{plural(len(rows), 'image')} of {len(files):,}, the first to label first")
    if csv is not None:
        print(f"{csv}: {plural(len(rows), 'image')}")


def _read(network: AnyModel, files: list[Path], mode: str | None) -> NDArray[np.uint8]:
    """Returns image files as the network takes them, uint8 n h w c.

    Raises:
        DataError: a file can't be read.
    """
    import numpy as np

    from spritenet.cli.models import model_preparation
    from spritenet.prepare import prepare
    from spritenet.sources.images.image_file import read_image

    preparation = model_preparation(network, mode)
    images = np.empty((len(files), *preparation.shape), np.uint8)
    with terminal.progress_bar("reading", len(files)) as progress:
        for place, file in enumerate(files):
            images[place] = prepare(read_image(file, upright=True), preparation)
            if progress is not None:
                progress(1)
    return images
