"""Stored arrays of HDF5 and MATLAB files: pairs them by name, and transposes them to n h w c.

data and target; x_train and y_train; train/data and train/target   pairs
X (h w c n) and y                                                   SVHN's, MATLAB's order
train0, train1, …, test0, …; cat, dog, …                            an array for each class
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.dataset.natural_order import natural
from spritenet.dataset.value_range import ValueRange
from spritenet.errors import DataError
from spritenet.sources.arrays.class_arrays import lazy_class_arrays
from spritenet.sources.arrays.numpy_sets import lazy_arrays, pairs_of, skipped_note
from spritenet.sources.field_names import CLASS_NAMES, SPLITS, role_of, sort_splits
from spritenet.sources.image_size import ImageSize

__all__ = ["NAMES", "StoredArray", "survey_arrays"]

NAMES = CLASS_NAMES | {"list_classes"}
"""Names of arrays of class names, in lower case."""

SPLIT_FIRST = re.compile(rf"({'|'.join(SPLITS)})[_\-/]?(.+)", re.IGNORECASE)
ROWS = "each row of numbers is read as rows of pixels; MATLAB's reshape makes columns of them"
TEN_IS_ZERO = "label 10 is the digit 0, as in SVHN"
SVHN_IMAGE = (32, 32, 3)


@dataclass(frozen=True, slots=True, eq=False)
class StoredArray:
    """An array of a file, in memory or mapped.

    Args:
        name: the name in the file: "train/data".
        where: the file and this name, for messages.
        values: numbers or texts.
    """

    name: str
    where: str
    values: NDArray[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the values."""
        return self.values.shape

    def array(self) -> NDArray[Any]:
        """Returns the values."""
        return self.values


def survey_arrays(
    path: Path,
    arrays: Sequence[StoredArray],
    image_size: ImageSize | None = None,
    class_names: Sequence[str] | None = None,
    pixel_range: ValueRange | None = None,
    *,
    matlab: bool = False,
) -> LazyDataset:
    """Makes a lazy data set of the arrays in a file.

    Args:
        path: the file.
        arrays: all arrays in it.
        image_size: height and width of images stored as rows; by default they are square.
        class_names: the names of classes 0, 1, …; by default the array `class_names`.
        pixel_range: the values of black and white; 0 and 255 by default.
        matlab: True if MATLAB wrote the file, so arrays of images have n last.

    Raises:
        DataError: the file has no images with labels, or they don't agree.
    """
    if class_names is None:
        named = [one.values for one in arrays if one.name.lower() in NAMES]
        texts = [values for values in named if values.dtype.kind == "O"]
        class_names = [str(name) for name in texts[0].ravel()] if texts else None
    kept = [replace(one, name=one.name.replace("_set_", "_")) for one in arrays]
    roles = {one.name: role for one in kept if (role := role_of(one.name)) is not None}
    if not any(kind == "images" for _, kind in roles.values()):
        return _of_classes(path, kept, image_size, class_names, pixel_range, matlab=matlab)
    notes = []
    made: list[StoredArray] = []
    for split in sort_splits({split for split, _ in roles.values()}):
        here = [one for one in kept if roles.get(one.name, ("",))[0] == split]
        pair = {roles[one.name][1]: one for one in here}
        if len(here) != 2 or len(pair) != 2:
            made += here  # `pairs_of` raises the error for missing or duplicate arrays
            continue
        images, labels = pair["images"], pair["labels"]
        labels = replace(labels, values=_flatten(labels.values))
        images = replace(images, values=_images_first(images, len(labels.values)))
        if images.values.ndim == 2 and matlab:
            notes.append(ROWS)
        if _is_svhn(images, labels):
            labels = replace(labels, values=np.where(labels.values == 10, 0, labels.values))
            notes.append(TEN_IS_ZERO)
        made += [images, labels]
    unused = [one.name for one in kept if one.name not in roles and one.name.lower() not in NAMES]
    notes += skipped_note(unused)
    size = image_size or _square([one for one in made if roles[one.name][1] == "images"])
    lazy = lazy_arrays(path, pairs_of(path, made), size, class_names, pixel_range)
    return replace(lazy, notes=(*lazy.notes, *dict.fromkeys(notes)))


def _flatten(labels: NDArray[Any]) -> NDArray[Any]:
    """Flattens labels: MATLAB's arrays have two axes at least."""
    return labels.ravel() if sum(side != 1 for side in labels.shape) <= 1 else labels


def _images_first(images: StoredArray, count: int) -> NDArray[Any]:
    """Moves the axis of images to the front: MATLAB has it last."""
    values, shape = images.values, images.shape
    if len(shape) < 2 or shape[0] == count != shape[-1] or shape[-1] != count:
        return values
    if shape[0] == count:
        if len(shape) == 3 or shape[-1] not in {1, 3, 4}:
            raise DataError(
                "ambiguous axis of images",
                where=images.where,
                got="×".join(map(str, shape)),
                do="Save them as n h w c.",
            )
        return values
    return np.moveaxis(values, -1, 0)


def _is_svhn(images: StoredArray, labels: StoredArray) -> bool:
    values = labels.values
    return (
        (images.name, labels.name) == ("X", "y")
        and images.shape[1:] == SVHN_IMAGE
        and values.dtype.kind in "ui"
        and values.size > 0
        and (int(values.min()), int(values.max())) == (1, 10)
    )


def _square(images: Sequence[StoredArray]) -> ImageSize | None:
    """Returns the size of square images stored as rows; None if they aren't."""
    widths = {one.shape[1] if len(one.shape) == 2 else 0 for one in images}
    width = widths.pop() if len(widths) == 1 else 0
    side = math.isqrt(width)
    return (side, side) if side and side * side == width else None


def _of_classes(
    path: Path,
    arrays: Sequence[StoredArray],
    image_size: ImageSize | None,
    class_names: Sequence[str] | None,
    pixel_range: ValueRange | None,
    *,
    matlab: bool,
) -> LazyDataset:
    """Makes a lazy data set of arrays with one class each: `cat` and `dog`; `train0`, `test0`."""
    found: list[tuple[str, str, NDArray[Any], str]] = []
    for one in arrays:
        if one.values.dtype.kind not in "buif" or one.values.ndim < 2 or min(one.shape) < 1:
            continue
        match = SPLIT_FIRST.fullmatch(one.name)
        split, name = (SPLITS[match[1].lower()], match[2]) if match else ("train", one.name)
        found.append((split, name, one.values, one.where))
    if len({name for _, name, _, _ in found}) < 2:
        names = ", ".join(one.name for one in arrays[:6]) + ", …" * (len(arrays) > 6)
        raise DataError(
            "missing images and labels",
            where=path,
            expected="data and target, x_train and y_train, or an array for each class",
            got=names or "no arrays of numbers",
        )
    order = sort_splits({split for split, _, _, _ in found})
    found.sort(key=lambda one: (order.index(one[0]), natural(one[1])))
    rows = matlab and any(values.ndim == 2 for _, _, values, _ in found)
    notes = (ROWS,) if rows else ()
    return lazy_class_arrays(path, found, image_size, class_names, notes, pixel_range)
