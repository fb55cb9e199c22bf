"""The image files that `spritenet predict` is given: files, and all below folders.

A data set is none: what looks like one is refused with the command that reads it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from spritenet.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["check_no_data_set", "check_no_rows", "files_below"]

LONG = 4
"""An image is so many times as high as it is wide at most, rows of images are not."""


def files_below(folder: Path) -> list[Path]:
    """The image files in a folder and in those below it, in natural order.

    Raises:
        DataError: there are none.
    """
    from spritenet.dataset.natural_order import natural

    found = sorted(_walk(folder), key=lambda path: [natural(part) for part in path.parts])
    if not found:
        raise DataError("there are no images in the folder", where=folder)
    return found


def _walk(folder: Path) -> Iterator[Path]:
    """Those files, in any order. Links to folders aren't followed: they may lead round."""
    from spritenet.sources.file_names import is_hidden, is_image_file

    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not is_hidden(name)]
        yield from (
            Path(place, name) for name in names if is_image_file(name) and not is_hidden(name)
        )


def check_no_data_set(path: Path, model: Path) -> None:
    """Refuses what is a data set by its name or its first bytes.

    Args:
        path: of a file or a folder.
        model: what was typed for the model, for the command to type.

    Raises:
        DataError: it is one.
    """
    from spritenet.sources import FORMATS
    from spritenet.sources.file_names import is_image_file
    from spritenet.sources.sprite import is_sprite

    if is_sprite(path):
        kind = "sprites" if path.is_dir() else "a sprite"
    elif any(_walk(path)) if path.is_dir() else is_image_file(path.name):
        return
    else:
        kind = next((form.name for form in FORMATS if form.recognises(path)), "")
    if kind:
        raise DataError(
            "this is a data set, not an image",
            where=path,
            got=kind,
            do=f"Type: spritenet evaluate {model} {path}",
        )


def check_no_rows(
    pixels: NDArray[np.uint8], input_shape: tuple[int, int, int], path: Path, model: Path
) -> None:
    """Refuses what looks like the tutorials' data: an image in each row.

    Args:
        pixels: of an image file, h w c.
        input_shape: of the model, h w c.
        path: of the file.
        model: what was typed for the model, for the command to type.

    Raises:
        DataError: a row has as many pixels as the model's input, and there are very many; or all
            is grey, as are images, but few images are just so wide.
    """
    rows, width, channels = pixels.shape
    high, wide, _ = input_shape
    if rows > 1 and width == high * wide and (channels == 1 or rows > LONG * width):
        size = f"{high}x{wide}"
        raise DataError(
            "this looks like a data set, an image in each row",
            where=path,
            expected="an image",
            got=f"{rows:,} rows of {width:,} pixels",
            do=f"Type: spritenet evaluate {model} {path} --image-size {size} --labels FILE. "
            "If it is one image, say how it becomes an input: --prepare fit.",
        )
