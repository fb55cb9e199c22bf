"""Image files of `spritenet predict`: found in folders, and distinguished from data sets.

A data set is refused with the command that evaluates a model on it.
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

__all__ = ["image_files", "refuse_data_set", "refuse_rows"]

TALLEST = 4
"""Height of an image divided by its width, at most. Rows of images are taller."""


def image_files(folder: Path) -> list[Path]:
    """Returns the image files in a folder and its subfolders, in natural order.

    Raises:
        DataError: there are none.
    """
    from spritenet.dataset.natural_order import natural

    found = sorted(_walk(folder), key=lambda path: [natural(part) for part in path.parts])
    if not found:
        raise DataError("no images in this folder", where=folder)
    return found


def _walk(folder: Path) -> Iterator[Path]:
    """Yields those files in any order; follows no links to folders, which may form cycles."""
    from spritenet.sources.file_names import is_hidden, is_image_file

    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not is_hidden(name)]
        yield from (
            Path(place, name) for name in names if is_image_file(name) and not is_hidden(name)
        )


def refuse_data_set(path: Path, model: Path) -> None:
    """Refuses a data set, recognised by its name or first bytes.

    Args:
        path: of a file or a folder.
        model: path of the model, for the suggested command.

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


def refuse_rows(
    pixels: NDArray[np.uint8], input_shape: tuple[int, int, int], path: Path, model: Path
) -> None:
    """Refuses a file that looks like the tutorials' data, with one image per row.

    Args:
        pixels: of an image file, h w c.
        input_shape: of the model, h w c.
        path: of the file.
        model: path of the model, for the suggested command.

    Raises:
        DataError: each row has as many pixels as the model's input, and the file is grey, or very
            tall.
    """
    rows, width, channels = pixels.shape
    high, wide, _ = input_shape
    if rows > 1 and width == high * wide and (channels == 1 or rows > TALLEST * width):
        size = f"{high}x{wide}"
        raise DataError(
            "this looks like a data set with one image per row",
            where=path,
            expected="an image",
            got=f"{rows:,} rows of {width:,} pixels",
            do=f"Type: spritenet evaluate {model} {path} --image-size {size} --labels FILE. "
            "If it is one image, choose its preparation: --prepare fit.",
        )
