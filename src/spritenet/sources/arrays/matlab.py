"""MATLAB files up to version 7.2 (`.mat`), read by SciPy; later ones are HDF5.

Nothing is unpickled: structs, cells and objects are not read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.dataset.value_range import ValueRange
from spritenet.errors import DataError, MissingExtraError
from spritenet.sources.arrays.hdf5 import is_hdf5
from spritenet.sources.arrays.stored_arrays import StoredArray, survey_arrays
from spritenet.sources.image_size import ImageSize

__all__ = ["is_matlab", "survey_matlab"]

BYTES = {
    "double": 8,
    "single": 4,
    "logical": 1,
    **{f"{sign}int{bits}": bits // 8 for sign in ("", "u") for bits in (8, 16, 32, 64)},
}
"""Of a number, by MATLAB's names of classes."""

MOST_BYTES = 1 << 33
HIGHEST_RATIO = 1032  # deflate's: 258 bytes from two bits; zlib's technical notes
SLACK = 1 << 20


def is_matlab(path: Path) -> bool:
    """True for files with the suffix .mat that are not HDF5."""
    return path.name.lower().endswith(".mat") and path.is_file() and not is_hdf5(path)


def survey_matlab(
    path: Path,
    image_size: ImageSize | None = None,
    class_names: Sequence[str] | None = None,
    pixel_range: ValueRange | None = None,
) -> LazyDataset:
    """Finds images and labels.

    Args:
        path: the file.
        image_size: height and width of images stored as rows; by default they are square.
        class_names: the names of classes 0, 1, …
        pixel_range: the values of black and white; 0 and 255 by default.

    Raises:
        DataError: the file is damaged, or has no images with labels.
        MissingExtraError: SciPy is not installed.
    """
    try:
        from scipy.io import loadmat, whosmat
    except ImportError:
        raise MissingExtraError("reading MATLAB's files", "mat") from None
    with _reading(path):
        known = whosmat(path)
    wanted = [(name, shape, BYTES[kind]) for name, shape, kind in known if kind in BYTES]
    size = sum(each * math.prod(shape) for _, shape, each in wanted)
    if size > min(MOST_BYTES, path.stat().st_size * HIGHEST_RATIO + SLACK):
        raise DataError(
            "the stated size exceeds what the file can hold",
            where=path,
            got=", ".join(f"{name} {'×'.join(map(str, shape))}" for name, shape, _ in wanted[:3]),
        )
    names = [name for name, _, _ in wanted]
    with _reading(path):
        content = loadmat(path, variable_names=names) if names else {}
    arrays = [
        StoredArray(name, f"{path}, {name}", np.asarray(content[name]))
        for name in names
        if isinstance(content.get(name), np.ndarray) and content[name].dtype.kind in "buif"
    ]
    if not arrays and known:
        kinds = ", ".join(f"{name} ({kind})" for name, _, kind in known[:4])
        raise DataError(
            "no numeric arrays found",
            where=path,
            got=kinds,
            do="Structs and cells are unsupported: save images and labels as arrays.",
        )
    return survey_arrays(path, arrays, image_size, class_names, pixel_range, matlab=True)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Converts SciPy's errors, of any type on damaged files, to DataError."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - as above
        reason = " ".join(str(error).split())[:120]
        raise DataError("damaged or unsupported MATLAB file", where=path, got=reason) from None
