"""Class arrays: a folder with an npy file for each class, as QuickDraw has `cat.npy`, `dog.npy`.

Each holds images, n h w (c), or rows of numbers, n h·w, which are squares by default. The files
are memory-mapped. `train/cat.npy` and `test/cat.npy` are splits.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.axes import check_axes
from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.dataset.natural_order import natural
from spritenet.dataset.value_range import ValueRange
from spritenet.errors import DataError
from spritenet.sources.arrays.array_images import image_reader, with_range_and_notes
from spritenet.sources.arrays.numpy_files import read_npy_header
from spritenet.sources.field_names import SPLITS, role_of, sort_splits
from spritenet.sources.folder_files import unused_notes
from spritenet.sources.image_size import ImageSize, parse_image_size

__all__ = ["is_npy_classes", "lazy_class_arrays", "survey_npy_classes"]

QUICKDRAW = re.compile(r"full(_|/|%2F)numpy_bitmap(_|/|%2F)", re.IGNORECASE)
"""The names that browsers and gsutil make of QuickDraw's `full/numpy_bitmap/cat.npy`."""

MOST_CLASSES = 10_000


def is_npy_classes(path: Path) -> bool:
    """True for a folder of two or more npy files that aren't pairs of images and labels."""
    if not path.is_dir():
        return False
    return any(len(files) > 1 for files in _files(path).values())


def _files(folder: Path) -> dict[str, list[Path]]:
    """Returns the files of each split."""
    places = {"train": folder}
    found = {"train": _arrays_in(folder)}
    if not found["train"]:
        places = {
            SPLITS[inside.name.casefold()]: inside
            for inside in sorted(folder.iterdir())
            if inside.is_dir() and inside.name.casefold() in SPLITS
        }
        found = {split: _arrays_in(place) for split, place in places.items()}
    return {split: files for split, files in found.items() if files}


def _arrays_in(folder: Path) -> list[Path]:
    found = [path for path in folder.glob("*.npy") if not path.name.startswith(".")]
    if any(role_of(path.stem) for path in found):
        return []  # x_train.npy, labels.npy: the names of pairs
    return sorted(found, key=lambda path: natural(_class_of(path)))


def survey_npy_classes(
    path: Path,
    image_size: ImageSize | None = None,
    class_names: Sequence[str] | None = None,
    pixel_range: ValueRange | None = None,
) -> LazyDataset:
    """Finds the images of each class.

    Args:
        path: the folder.
        image_size: height and width of images stored as rows; by default they are square.
        class_names: the names of the classes, one per file in natural order; by default the file
            names.
        pixel_range: the values of black and white; 0 and 255 by default.

    Raises:
        DataError: a file is damaged, or the files differ in image size.
    """
    files = _files(path)
    arrays: list[tuple[str, str, NDArray[Any], str]] = []
    for split in sort_splits(list(files)):
        for file in files[split]:
            opened = read_npy_header(file)
            arrays.append((split, _class_of(file), opened.array(), opened.where))
    lazy = lazy_class_arrays(path, arrays, image_size, class_names, pixel_range=pixel_range)
    used = [file for files in _files(path).values() for file in files]
    return lazy.with_notes(*unused_notes(path, used))


def lazy_class_arrays(
    path: Path,
    arrays: Sequence[tuple[str, str, NDArray[Any], str]],
    image_size: ImageSize | None = None,
    class_names: Sequence[str] | None = None,
    notes: tuple[str, ...] = (),
    pixel_range: ValueRange | None = None,
) -> LazyDataset:
    """Makes a lazy data set of arrays with one class each.

    Args:
        path: the folder, for errors.
        arrays: for each array its split, its class, its values (n h w c, n h w or n h·w) and its
            name for errors; sorted by split.
        image_size: height and width of images stored as rows; by default they are square.
        class_names: new names for the classes, in the natural order of the old ones.
        notes: warnings, a line each.
        pixel_range: the values of black and white; 0 and 255 by default.

    Raises:
        DataError: the arrays don't agree.
    """
    known = sorted({name for _, name, _, _ in arrays}, key=natural)
    names = tuple(known if class_names is None else class_names)
    if len(names) != len(known) or len(names) > MOST_CLASSES:
        raise DataError("missing class names", where=path, expected=len(known), got=len(names))
    made = [_images(array, image_size, where) for _, _, array, where in arrays]
    for image, (_, _, _, where) in zip(made, arrays, strict=True):
        if image.shape[1:] != made[0].shape[1:]:
            raise DataError(
                "the classes' images are of different sizes",
                where=where,
                expected="×".join(map(str, made[0].shape[1:])),
                got="×".join(map(str, image.shape[1:])),
            )
    counts = [len(image) for image in made]
    splits = sort_splits(list({split for split, _, _, _ in arrays}))
    images, dim = image_reader(made, [where for *_, where in arrays], pixel_range)
    height, width, channels = made[0].shape[1:]
    lazy = LazyDataset.sorted_by_split(
        path.resolve().name.partition(".")[0],
        (height, width, channels),
        np.repeat([known.index(name) for _, name, _, _ in arrays], counts).astype(np.int32),
        names,
        np.repeat([splits.index(split) for split, _, _, _ in arrays], counts),
        splits,
        images,
        source=str(path),
        notes=notes,
    )
    return with_range_and_notes(lazy, pixel_range, dim)


def _class_of(path: Path) -> str:
    return QUICKDRAW.sub("", path.stem).replace("%20", " ") or path.stem


def _images(array: NDArray[Any], image_size: ImageSize | None, where: str) -> NDArray[Any]:
    """Reshapes an array to images n h w c."""
    shape = "×".join(map(str, array.shape))
    if array.dtype.kind not in "buif":
        raise DataError("unsupported data type", where=where, got=array.dtype)
    if array.ndim == 2 and array.shape[1]:
        side = math.isqrt(array.shape[1])
        height, width = (side, side) if image_size is None else parse_image_size(image_size)
        if height * width == 0 or array.shape[1] % (height * width):
            raise DataError(
                "these rows are not images of that size"
                if image_size
                else "these rows of numbers aren't square images",
                where=where,
                expected=f"rows of {height * width}" if image_size else "",
                got=shape,
                do="Pass the images' height and width: image_size (--image-size 28x28).",
            )
        array = array.reshape(len(array), height, width, -1)
    check_axes(array.shape, where=where)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4 or array.shape[3] not in {1, 3, 4} or not all(array.shape):
        raise DataError(
            "unsupported images", where=where, expected="n h w, n h w c or n h·w", got=shape
        )
    return array
