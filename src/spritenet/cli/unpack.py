"""`spritenet unpack`: writes a data set as files for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Data, Json, check_suffix
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.cli.datasets import print_warnings, survey
from spritenet.formatting import plural, shape

if TYPE_CHECKING:
    from spritenet.dataset.lazy_dataset import LazyDataset

__all__ = ["unpack"]


class FileFormat(StrEnum):
    """File formats of data sets."""

    IDX = "idx"
    FOLDER = "folder"
    NPZ = "npz"


@with_data_options
def unpack(
    data: Data,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder, or an .npz file.")],
    to: Annotated[
        FileFormat | None,
        typer.Option(
            help="File format: IDX files, a folder of PNGs, or npz.",
            show_default="npz if OUT ends in .npz, else folder",
        ),
    ] = None,
    json: Json = False,
    *,
    data_options: DataOptions,
) -> None:
    """Write a data set as IDX files, a folder of PNGs, or an npz file."""
    from spritenet.dataset.load_warnings import LoadWarnings
    from spritenet.destination import destination
    from spritenet.sources import unpack as target

    check_suffix(
        out, *([".npz"] if to in {None, FileFormat.NPZ} else []), folder=to is not FileFormat.NPZ
    )
    kind = next((kind for kind in target.KINDS if to is not None and kind == to.value), None)
    warnings = LoadWarnings()
    with destination(out) as place:
        listing = survey(data, data_options)
        with terminal.progress_bar("unpacking", len(listing)) as progress:
            done = target.unpack(
                listing,
                place.path,
                kind,
                strict=data_options.strict,
                load_warnings=warnings,
                progress=progress,
            )
    path = place.of(done)
    print_warnings(warnings)
    count = len(listing) - len(warnings.left_out)
    if json:
        whole = None if warnings.left_out else _content_hash(listing)
        terminal.print_json(
            {
                "path": str(path),
                "images": count,
                "image_shape": list(listing.image_shape),
                "content_hash": whole,
                "left_out": [str(error) for error in warnings.left_out],
            }
        )
        return
    print(f"{path}: {plural(count, 'image')} of {shape(listing.image_shape)}")


def _content_hash(listing: LazyDataset) -> str | None:
    """Returns the content hash of images in memory; None if it would mean reading all again."""
    data = listing.to_dataset()
    return None if data is None else data.content_hash
