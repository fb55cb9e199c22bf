"""Data sets in HDF5 files, which MATLAB writes too since version 7.3.

Uncompressed arrays are memory-mapped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.dataset.value_range import ValueRange
from spritenet.errors import DataError
from spritenet.hdf5_file import Hdf5, Member
from spritenet.sources.arrays.stored_arrays import StoredArray, survey_arrays
from spritenet.sources.file_type import HDF5
from spritenet.sources.image_size import ImageSize
from spritenet.sources.mmap_file import spool

__all__ = ["is_hdf5", "survey_hdf5"]

MATLAB_HEADER = 512  # bytes of MATLAB's header before the HDF5 content
DEEPEST = 4  # depth of nested groups
MOST_ARRAYS = 10_000
IN_MEMORY = 1 << 28  # bytes; more are put into a temporary file


def is_hdf5(path: Path) -> bool:
    """True for HDF5 files and MATLAB files since version 7.3, by their first bytes."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(MATLAB_HEADER + len(HDF5))
    return start.startswith(HDF5) or start[MATLAB_HEADER:] == HDF5


def survey_hdf5(
    path: Path,
    image_size: ImageSize | None = None,
    class_names: Sequence[str] | None = None,
    pixel_range: ValueRange | None = None,
) -> LazyDataset:
    """Finds images and labels.

    Args:
        path: the file.
        image_size: height and width of images stored as rows; by default they are square.
        class_names: the names of classes 0, 1, …; by default the array `class_names`.
        pixel_range: the values of black and white; 0 and 255 by default.

    Raises:
        DataError: the file is damaged, or has no images with labels.
        MissingExtraError: h5py is not installed.
    """
    hdf5 = Hdf5("reading HDF5", "hdf5", DataError)
    with path.open("rb") as file:
        matlab = not file.read(len(HDF5)).startswith(HDF5)
    with hdf5.open(path, path) as opened:
        if "model_config" in opened.attrs or "model_weights" in opened:
            raise DataError("this is a Keras model, not a data set", where=path)
        found = [_array(hdf5, name, one, path) for name, one in _datasets(hdf5, opened)]
    arrays = [one for one in found if one is not None]
    if matlab:  # HDF5 has rows first, MATLAB columns
        arrays = [StoredArray(one.name, one.where, one.values.transpose()) for one in arrays]
    return survey_arrays(path, arrays, image_size, class_names, pixel_range, matlab=matlab)


def _datasets(
    hdf5: Hdf5, group: Member, before: str = "", depth: int = 1
) -> Iterator[tuple[str, Member]]:
    """Yields the arrays below a group that are in this file, with their paths."""
    for name, one in islice(hdf5.members(group), MOST_ARRAYS):
        if name.startswith("#"):
            continue  # MATLAB's references
        if hdf5.is_group(one) and depth < DEEPEST:
            yield from _datasets(hdf5, one, f"{before}{name}/", depth + 1)
        elif hdf5.is_array(one):
            yield before + name, one


def _array(hdf5: Hdf5, name: str, dataset: Member, path: Path) -> StoredArray | None:
    """Reads an array; None for one of other types than numbers and texts."""
    where = f"{path}, {name}"
    texts = hdf5.texts(dataset)
    if texts is not None:
        return StoredArray(name, where, np.array(texts, dtype=np.str_)) if texts else None
    if not hdf5.is_numeric(dataset):
        return None
    size = hdf5.size(dataset, where)
    return StoredArray(name, where, _values(dataset, size, path, where))


def _values(dataset: Member, size: int, path: Path, where: str) -> NDArray[Any]:
    """Reads values: mapped, into memory, or, if large and compressed, into a temporary file."""
    offset = dataset.id.get_offset()
    if offset is not None and size and offset + size <= path.stat().st_size:
        return np.memmap(path, dataset.dtype, "r", offset, dataset.shape)
    if size <= IN_MEMORY or not dataset.ndim:
        values: NDArray[Any] = np.asarray(dataset[()])
        return values
    step = max(1, (1 << 24) * len(dataset) // size)
    pieces = (
        np.ascontiguousarray(dataset[first : first + step]).tobytes()
        for first in range(0, len(dataset), step)
    )
    whole: NDArray[Any] = np.frombuffer(spool(pieces, where), dataset.dtype)
    return whole.reshape(dataset.shape)
