"""HDF5 files, which MATLAB writes too since version 7.3. Only this module imports h5py.

Links to other files are not followed, object references and compound types are skipped, and
nothing is unpickled. Uncompressed arrays are memory-mapped.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.dataset.value_range import ValueRange
from spritenet.errors import DataError, MissingExtraError
from spritenet.sources.arrays.stored_arrays import StoredArray, survey_arrays
from spritenet.sources.file_type import HDF5
from spritenet.sources.image_size import ImageSize
from spritenet.sources.mmap_file import spool

__all__ = ["is_hdf5", "survey_hdf5"]

MATLAB_HEADER = 512  # bytes of MATLAB's header before the HDF5 content
DEEPEST = 4  # depth of nested groups
MOST_ARRAYS = 10_000
MOST_BYTES = 1 << 36  # of one array
MOST_TEXTS = 100_000
HIGHEST_RATIO = 1032  # deflate's: 258 bytes from two bits; zlib's technical notes
SLACK = 1 << 20
IN_MEMORY = 1 << 28  # bytes; more are put into a temporary file
BROKEN = (OSError, RuntimeError, ValueError, KeyError, TypeError, IndexError)
"""Errors that h5py raises on damaged files."""


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
    try:
        import h5py
    except ImportError:
        raise MissingExtraError("reading HDF5", "hdf5") from None
    with path.open("rb") as file:
        matlab = not file.read(len(HDF5)).startswith(HDF5)
    try:
        with h5py.File(path, "r") as opened:
            if "model_config" in opened.attrs or "model_weights" in opened:
                raise DataError("this is a Keras model, not a data set", where=path)
            found = [_array(h5py, name, one, path) for name, one in _datasets(h5py, opened)]
    except BROKEN as error:
        reason = " ".join(str(error).split())[:120]
        raise DataError("damaged or unsupported HDF5 file", where=path, got=reason) from None
    arrays = [one for one in found if one is not None]
    if matlab:  # HDF5 has rows first, MATLAB columns
        arrays = [StoredArray(one.name, one.where, one.values.transpose()) for one in arrays]
    return survey_arrays(path, arrays, image_size, class_names, pixel_range, matlab=matlab)


def _datasets(h5py: Any, group: Any, before: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - h5py has no types
    """Yields the arrays below a group that are in this file, with their paths."""
    count = 0
    for name in group:
        count += 1
        if count > MOST_ARRAYS:
            return
        if name.startswith("#") or not isinstance(group.get(name, getlink=True), h5py.HardLink):
            continue  # MATLAB's references; links, which may lead to other files
        one = group[name]
        if isinstance(one, h5py.Group) and depth < DEEPEST:
            yield from _datasets(h5py, one, f"{before}{name}/", depth + 1)
        elif isinstance(one, h5py.Dataset):
            yield before + name, one


def _array(h5py: Any, name: str, dataset: Any, path: Path) -> StoredArray | None:  # noqa: ANN401 - as above
    """Reads an array; None for one of other types than numbers and texts, or in other files."""
    where = f"{path}, {name}"
    if dataset.shape is None or dataset.external or dataset.is_virtual:
        return None
    if h5py.check_string_dtype(dataset.dtype) is not None:
        if dataset.ndim != 1 or dataset.shape[0] > MOST_TEXTS:
            return None
        texts = dataset.asstr(errors="replace")[()]
        return StoredArray(name, where, np.array([str(text) for text in texts], dtype=np.str_))
    if dataset.dtype.kind not in "buif" or dataset.dtype.hasobject:
        return None
    size = dataset.dtype.itemsize * math.prod(dataset.shape)
    stored = dataset.id.get_storage_size()
    if size > min(MOST_BYTES, stored * HIGHEST_RATIO + SLACK):
        raise DataError(
            "the stated size exceeds what the file can hold",
            where=where,
            got="×".join(map(str, dataset.shape)),
        )
    return StoredArray(name, where, _values(dataset, size, path, where))


def _values(dataset: Any, size: int, path: Path, where: str) -> NDArray[Any]:  # noqa: ANN401 - as above
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
