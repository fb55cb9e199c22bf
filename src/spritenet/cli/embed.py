"""`spritenet embed`: a map of a data set's images as a page."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Data, Json, check_suffix
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.formatting import plural

__all__ = ["embed"]


class Projection(StrEnum):
    """Ways to place images on a map."""

    PCA = "pca"
    TSNE = "tsne"
    UMAP = "umap"


@with_data_options
def embed(
    data: Data,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="HTML file to write.")],
    method: Annotated[
        Projection,
        typer.Option(help="Principal components; t-SNE by scikit-learn; UMAP by umap-learn."),
    ] = Projection.PCA,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="MODEL",
            help="A saved model, whose features place the images.",
            show_default="a small network, trained first",
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Split: train, test, …", show_default="train"),
    ] = None,
    most: Annotated[
        int, typer.Option(metavar="N", min=2, help="Number of images, at most.")
    ] = 2000,
    seed: Annotated[int, typer.Option(metavar="N", help="Random seed.")] = 0,
    json: Json = False,
    *,
    data_options: DataOptions,
) -> None:
    """Map images so that similar ones are near each other, as a page."""
    from spritenet import curation
    from spritenet.atomic import write_file
    from spritenet.cli.datasets import load
    from spritenet.cli.models import load_network
    from spritenet.web.curation import map_page

    check_suffix(out, ".html", ".htm", folder=False)
    network = None if model is None else load_network(model)
    dataset = load(data, data_options)
    first = "train" if "train" in dataset.splits else next(iter(dataset.splits))
    made = curation.embed(
        dataset[split or first], network, method=method.value, most=most, seed=seed
    )
    write_file(out, map_page(made, dataset.name).encode())
    if json:
        terminal.print_json(
            {"out": str(out), "images": len(made.split), "features": made.features.shape[1]}
        )
        return
    print(f"{out}: {plural(len(made.split), 'image')} by {made.features.shape[1]} features")
