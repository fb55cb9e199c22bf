"""`spritenet unpack`: a data set as files that other programs read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Data, Json
from spritenet.cli.counter import counting
from spritenet.cli.data import survey
from spritenet.cli.reading import Reading, reads_data
from spritenet.formatting import plural, shape

if TYPE_CHECKING:
    from spritenet.dataset.lazy_dataset import LazyDataset

__all__ = ["Form", "unpack"]


class Form(StrEnum):
    """What to write."""

    IDX = "idx"
    FOLDER = "folder"
    NPZ = "npz"


@reads_data
def unpack(
    data: Data,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder, or a file .npz.")],
    to: Annotated[
        Form | None,
        typer.Option(help="IDX files, a folder of PNGs, or NumPy's npz.", show_default=False),
    ] = None,
    json: Json = False,
    *,
    reading: Reading,
) -> None:
    """Write a data set, a sprite for example, as IDX files, a folder of PNGs or an npz file."""
    from spritenet.cli.notes import tell
    from spritenet.cli.suffix import check_ending
    from spritenet.dataset.load_warnings import LoadWarnings
    from spritenet.destination import destination
    from spritenet.sources import unpack as target

    check_ending(out, *([".npz"] if to in {None, Form.NPZ} else []), folder=to is not Form.NPZ)
    kind = next((kind for kind in target.KINDS if to is not None and kind == to.value), None)
    remarks = LoadWarnings()
    with destination(out) as place:
        listing = survey(data, reading)
        with counting("unpacking", len(listing)) as progress:
            done = target.unpack(
                listing, place.path, kind, strict=reading.strict, remarks=remarks, progress=progress
            )
    path = place.of(done)
    tell(remarks)
    count = len(listing) - len(remarks.left_out)
    if json:
        whole = None if remarks.left_out else _content_hash(listing)
        terminal.print_json(
            {
                "path": str(path),
                "images": count,
                "image_shape": list(listing.image_shape),
                "content_hash": whole,
                "left_out": [str(error) for error in remarks.left_out],
            }
        )
        return
    print(f"{path}: {plural(count, 'image')} of {shape(listing.image_shape)}")


def _content_hash(listing: LazyDataset) -> str | None:
    """The hash of what is in memory; None where finding it would mean reading all again."""
    data = listing.to_dataset()
    return None if data is None else data.content_hash
