"""Bytes → arrays. One function, `load`, finds out what it is given.

    idx.py, idx_folder.py   MNIST's file format, and folders of it
    inflate.py              gzip, bounded by what is expected
    strokes/                handwriting drawn by program
    sprite.py, foreign.py   sprites; PNGs of images in rows that other programs made
    picture.py              any other PNG, by Pillow
    mnist_data.py           the tutorials' loader
    catalog.py              data sets by name
    download.py, lock.py    fetching them, once and whole

It knows formats, never a network or a training.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spritenet.dataset import Dataset
from spritenet.errors import DataError, InputError
from spritenet.sources.catalog import CATALOG, load_entry
from spritenet.sources.download import Progress
from spritenet.sources.foreign import ImageSize, is_png, read_foreign
from spritenet.sources.idx_folder import is_idx, read_idx
from spritenet.sources.sprite import is_sprite, read_sprite

__all__ = ["CATALOG", "FORMATS", "Format", "load"]


@dataclass(frozen=True, slots=True)
class Format:
    """A way in which a data set lies on disk.

    Args:
        name: in words, for messages: "IDX files".
        recognises: whether a path is one, from its name or first bytes; it exists.
        read: reads it, with class names where the caller has some.
    """

    name: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, Sequence[str] | None], Dataset]


FORMATS = (
    Format("IDX files (train-images-idx3-ubyte.gz, …)", is_idx, read_idx),
    Format("a sprite (digits.png), or a folder of them with dataset.json", is_sprite, read_sprite),
)
"""Asked in this order."""

OTHERS_ONLY = "image_size, labels and train are for a PNG that is no sprite"


def load(
    name_or_path: str | os.PathLike[str],
    *,
    class_names: Sequence[str] | None = None,
    image_size: ImageSize | None = None,
    labels: str | os.PathLike[str] | None = None,
    train: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Loads a data set by its name in the catalog, or from a path.

        data = load("mnist")
        data = load("folder/with/idx/files")
        data = load("digits.png")
        data = load("sheet.png", image_size="28x28", labels="labels_uint8", train=55000)

    Args:
        name_or_path: "strokes" (drawn by program), "mnist", "fashion-mnist" or "kmnist"
            (downloaded once); or the path of a folder with IDX files, gzipped or not, of a sprite,
            or of a folder of sprites.
        class_names: the names of classes 0, 1, …, for a path whose files don't hold them.
        image_size: height and width of each image of a PNG that is no sprite but has one image a
            row: "28x28" or (28, 28).
        labels: the file with its labels: one-hot rows of bytes, a byte an image, or IDX.
        train: how many of its images, from the first on, are the split `train`; the others are
            `test`. By default all are `train`.
        progress: called with a file's name, the bytes received and the bytes expected (0: not
            known) while something is downloaded.

    Returns:
        The data set, with a `train` split and, where there is one, a `test` split.

    Raises:
        DataError: no such name or path, or what is there is damaged or no data set.
        DownloadError: it must be downloaded and can't be.
    """
    foreign = any(option is not None for option in (image_size, labels, train))
    given = os.fspath(name_or_path)
    entry = CATALOG.get(given.lower().replace("_", "-"))
    if entry is not None and isinstance(name_or_path, str):
        if class_names is not None:
            raise InputError(f"{entry.name} has class names of its own", where="class_names")
        if foreign:
            raise InputError(OTHERS_ONLY, where=entry.name)
        return load_entry(entry, progress)
    path = Path(given).expanduser()
    try:
        exists = path.exists()
    except (OSError, ValueError) as error:
        raise DataError("this is no path", where=repr(given), got=error) from None
    if not exists:
        raise _unknown(given)
    try:
        if foreign:
            return _rows_of_others(path, image_size, labels, train, class_names)
        return _recognised(path).read(path, class_names)
    except OSError as error:
        raise DataError("can't be read", where=path, got=error.strerror or error) from None


def _recognised(path: Path) -> Format:
    """The format of what lies there, or InputError."""
    for form in FORMATS:
        if form.recognises(path):
            return form
    raise _missing(path) if is_png(path) else _unrecognised(path)


def _rows_of_others(
    path: Path,
    image_size: ImageSize | None,
    labels: str | os.PathLike[str] | None,
    train: int | None,
    class_names: Sequence[str] | None,
) -> Dataset:
    """A PNG with one image a row that is no sprite."""
    if is_sprite(path) or not is_png(path):
        raise InputError("image_size, labels and train are for a PNG that is no sprite", where=path)
    if image_size is None or labels is None:
        raise _missing(path)
    return read_foreign(path, image_size, labels, train, class_names)


def _missing(path: Path) -> InputError:
    return InputError(
        "the PNG is no sprite: it does not say how large its images are, nor what they show",
        where=path,
        do="Pass image_size and labels (--image-size 28x28 --labels FILE).",
    )


def _unknown(given: str) -> DataError:
    """No such name and no such path: what was probably meant."""
    import difflib

    names = ", ".join(CATALOG)
    nearest = difflib.get_close_matches(given.lower(), CATALOG, n=1)
    return DataError(
        "there is no file or folder of this name, nor a data set in the catalog",
        where=repr(given),
        expected=f"a path or one of {names}",
        do=f"Did you mean {nearest[0]}?" if nearest else "",
    )


def _unrecognised(path: Path) -> DataError:
    """A path in which there is nothing known."""
    got = "another file"
    if path.is_dir():
        names = sorted(found.name for found in path.iterdir())
        few = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        got = few or "an empty folder"
    expected = " or ".join(form.name for form in FORMATS)
    return DataError("holds no data set", where=path, expected=expected, got=got)
