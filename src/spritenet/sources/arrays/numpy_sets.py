"""Data sets in npz and npy files: finds the images and labels of each split by their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.arrays import as_labels
from spritenet.dataset.axes import check_axes
from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.dataset.multi_label import Labels
from spritenet.dataset.value_range import ValueRange
from spritenet.errors import DataError
from spritenet.sources.arrays.array_images import (
    image_reader,
    reshape_images,
    with_location,
    with_range_and_notes,
)
from spritenet.sources.arrays.numpy_files import (
    NamedArray,
    names_in,
    read_npy_header,
    read_npz_headers,
)
from spritenet.sources.field_names import CLASS_NAMES, role_of, sort_splits
from spritenet.sources.folder_files import unused_notes
from spritenet.sources.image_size import ImageSize
from spritenet.sources.text_arrays import to_texts

__all__ = [
    "is_npy",
    "is_npz",
    "lazy_arrays",
    "pairs_of",
    "skipped_note",
    "survey_npy",
    "survey_npz",
]

Pair = dict[str, NamedArray]
"""A split's "images" and "labels"."""


def is_npz(path: Path) -> bool:
    """True for files with the suffix .npz."""
    return path.name.lower().endswith(".npz") and path.is_file()


def is_npy(path: Path) -> bool:
    """True for an npy file, or a folder with pairs of them."""
    if path.is_dir():
        roles = {role_of(found.stem) for found in path.glob("*.npy")}
        return any(role is not None and role[1] == "images" for role in roles)
    return path.name.lower().endswith(".npy")


def survey_npz(
    path: Path,
    image_size: ImageSize | None = None,
    class_names: Sequence[str] | None = None,
    pixel_range: ValueRange | None = None,
) -> LazyDataset:
    """Finds images and labels in an npz file.

    Args:
        path: the file.
        image_size: height and width of images stored as rows.
        class_names: the names of classes 0, 1, …; by default the array `class_names`.
        pixel_range: the values of black and white; 0 and 255 by default.

    Raises:
        DataError: the file is damaged, or has no images with labels.
    """
    arrays = read_npz_headers(path)
    if class_names is None:
        named = [array for array in arrays if array.name.lower() in CLASS_NAMES]
        class_names = names_in(named[0].array()) if named else None
    pairs = pairs_of(path, arrays)
    used = {array.name for pair in pairs.values() for array in pair.values()}
    others = [array.name for array in arrays if array.name.lower() not in CLASS_NAMES]
    lazy = lazy_arrays(path, pairs, image_size, class_names, pixel_range)
    return lazy.with_notes(*skipped_note([name for name in others if name not in used]))


def skipped_note(names: Sequence[str]) -> list[str]:
    """Returns a note on arrays that are not used; none if there are none."""
    return [f"skipped arrays: {', '.join(names[:3])}" + ", …" * (len(names) > 3)] if names else []


def survey_npy(
    path: Path,
    image_size: ImageSize | None = None,
    class_names: Sequence[str] | None = None,
    labels: Path | None = None,
    pixel_range: ValueRange | None = None,
) -> LazyDataset:
    """Finds images and labels in npy files.

    Args:
        path: the file of images, with the label file beside it; or a folder of such pairs.
        image_size: height and width of images stored as rows.
        class_names: the names of classes 0, 1, …
        labels: the label file, if its name doesn't identify it.
        pixel_range: the values of black and white; 0 and 255 by default.

    Raises:
        DataError: a file is damaged, or images or labels are missing.
    """
    if path.is_dir():
        found = [file for file in sorted(path.glob("*.npy")) if role_of(file.stem)]
        files = pairs_of(path, list(map(read_npy_header, found)))
        lazy = lazy_arrays(path, files, image_size, class_names, pixel_range)
        return lazy.with_notes(*unused_notes(path, found))
    images = read_npy_header(path)
    role = role_of(path.stem)
    if labels is None:
        split = role[0] if role else ""
        beside = [
            file
            for file in sorted(path.parent.glob("*.npy"))
            if role is not None and role_of(file.stem) == (split, "labels")
        ]
        if not beside:
            raise DataError(
                "missing labels",
                where=path,
                expected="labels.npy, or y_train.npy beside x_train.npy",
                do="Pass their file as labels (--labels FILE).",
            )
        labels = beside[0]
    pairs: dict[str, Pair] = {
        role[0] if role else "train": {"images": images, "labels": read_npy_header(labels)}
    }
    return lazy_arrays(path, pairs, image_size, class_names, pixel_range)


def pairs_of(path: Path, arrays: Sequence[NamedArray]) -> dict[str, Pair]:
    """Pairs images with labels, by split."""
    pairs: dict[str, Pair] = {}
    for array in arrays:
        role = role_of(array.name)
        if role is None:
            continue
        split, kind = role
        if kind in pairs.setdefault(split, {}):
            raise DataError(
                f"ambiguous {kind} of the {split} split",
                where=path,
                got=f"{pairs[split][kind].name} and {array.name}",
            )
        pairs[split][kind] = array
    if not any("images" in pair for pair in pairs.values()) and len(arrays) == 2:
        # Any two arrays, such as arr_0 and arr_1 of np.savez(file, x, y).
        one, other = sorted(arrays, key=lambda array: -len(array.shape))
        if len(one.shape) >= 3 and len(other.shape) <= 2:
            pairs = {"train": {"images": one, "labels": other}}
    names = ", ".join(array.name for array in arrays[:6]) + (", …" if len(arrays) > 6 else "")
    if not pairs:
        raise DataError(
            "missing images and labels",
            where=path,
            expected="x_train and y_train, or train_images and train_labels, or images and labels",
            got=names or "no arrays of numbers",
        )
    for split, pair in pairs.items():
        for kind in ("images", "labels"):
            if kind not in pair:
                raise DataError(f"missing {kind} of the {split} split", where=path, got=names)
    return pairs


def lazy_arrays(
    path: Path,
    pairs: dict[str, Pair],
    image_size: ImageSize | None,
    class_names: Sequence[str] | None,
    pixel_range: ValueRange | None = None,
) -> LazyDataset:
    """Makes a lazy data set of pairs; raises DataError if they don't agree."""
    splits = sort_splits(list(pairs))
    arrays: list[NDArray[Any]] = []
    labels: list[NDArray[Any]] = []
    where: list[str] = []
    for split in splits:
        images, split_labels = pairs[split]["images"], pairs[split]["labels"]
        values = np.asarray(split_labels.array())
        check_axes(images.shape, len(values) if values.ndim else None, images.where)
        array = reshape_images(images.array(), image_size, images.where)
        if not values.ndim or len(values) != len(array):
            raise DataError(
                "different numbers of images and labels",
                where=split_labels.where,
                expected=f"{len(array):,} labels as {images.name} has images",
                got=f"{len(values):,}" if values.ndim else "a single value",
            )
        if arrays and array.shape[1:] != arrays[0].shape[1:]:
            raise DataError(
                "the splits' images are of different sizes",
                where=images.where,
                expected="×".join(map(str, arrays[0].shape[1:])),
                got="×".join(map(str, array.shape[1:])),
            )
        arrays.append(array)
        labels.append(values)
        where.append(images.where)
    try:
        indices, names = _labels(labels, class_names)
    except DataError as error:
        raise with_location(error, str(path)) from None
    made, notes = image_reader(arrays, where, pixel_range)
    height, width, channels = arrays[0].shape[1:]
    lazy = LazyDataset.sorted_by_split(
        path.resolve().name.partition(".")[0],
        (height, width, channels),
        indices,
        names,
        np.repeat(np.arange(len(arrays)), [len(array) for array in arrays]),
        splits,
        made,
        source=str(path),
    )
    return with_range_and_notes(lazy, pixel_range, notes)


def _labels(
    parts: list[NDArray[Any]], class_names: Sequence[str] | None
) -> tuple[Labels, tuple[str, ...]]:
    """Converts the labels of all splits together, so that they have the same classes."""
    if len({part.shape[1:] for part in parts}) > 1:
        raise DataError("the splits' labels are of different shapes", where="labels")
    together = np.concatenate(parts)
    if together.dtype.kind in "SU":
        together, _ = to_texts(together, "labels")
    if together.dtype.kind == "O":
        empty = np.flatnonzero(together == "")
        if len(empty):
            raise DataError(f"the label of image {empty[0]} is empty", where="labels")
    return as_labels(together, class_names)
