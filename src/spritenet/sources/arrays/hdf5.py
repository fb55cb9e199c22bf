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
from spritenet.hdf5_file import Hdf5, Member, attribute
from spritenet.sources.arrays.stored_arrays import NAMES, StoredArray, survey_arrays
from spritenet.sources.field_names import role_of
from spritenet.sources.file_type import HDF5
from spritenet.sources.image_size import ImageSize
from spritenet.sources.mmap_file import spool
from spritenet.sources.text_arrays import to_texts

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
        content = _Content(hdf5, path)
        content.names_in_attributes(opened)
        for name, one in _datasets(hdf5, opened):
            content.add(name, one)
    arrays = content.arrays
    if matlab:  # HDF5 has rows first, MATLAB columns
        arrays = [StoredArray(one.name, one.where, one.values.transpose()) for one in arrays]
    names = content.class_names if class_names is None else class_names
    try:
        lazy = survey_arrays(path, arrays, image_size, names, pixel_range, matlab=matlab)
    except DataError as error:
        if not content.unsupported or error.do:
            raise
        kinds = ", ".join(content.unsupported[:3])
        raise DataError(
            error.what,
            where=error.where,
            expected=error.expected,
            got=error.got,
            do=f"Unsupported: {kinds}. Save them as arrays of numbers or texts.",
        ) from None
    return lazy.with_notes(*dict.fromkeys(content.notes))


class _Content:
    """The arrays found in a file.

    Args:
        hdf5: the library.
        path: the file.

    Attributes:
        arrays: numbers and texts.
        class_names: those that attributes or types of numbers state.
        notes: remarks on what was read.
        unsupported: images and labels of other types.
    """

    def __init__(self, hdf5: Hdf5, path: Path) -> None:
        self._hdf5 = hdf5
        self._path = path
        self.arrays: list[StoredArray] = []
        self.class_names: list[str] | None = None
        self.notes: list[str] = []
        self.unsupported: list[str] = []

    def names_in_attributes(self, member: Member) -> None:
        """Takes class names from a list of texts among the attributes of a file or an array."""
        for name in member.attrs:
            if self.class_names is None and name.lower() in NAMES | {"classes"}:
                found = attribute(member, name)
                if isinstance(found, list) and all(found):
                    self.class_names = found

    def add(self, name: str, dataset: Member) -> None:
        """Reads an array; those of other types than numbers and texts are left out."""
        where = f"{self._path}, {name}"
        kind = (role_of(name) or ("", ""))[1]
        if self._hdf5.is_text(dataset):
            values: NDArray[Any] = np.empty(0, object)
            if kind or name.lower() in NAMES:
                values, notes = to_texts(self._hdf5.texts(dataset, where), where)
                self.notes += notes
        elif self._hdf5.is_numeric(dataset):
            values = _values(dataset, self._hdf5.size(dataset, where), self._path, where)
        else:
            if kind:
                self.unsupported.append(f"{name} ({self._hdf5.type_of(dataset)})")
            return
        if kind == "labels":
            self.names_in_attributes(dataset)
            values = self._named(values, self._hdf5.names_of_values(dataset), where)
        self.arrays.append(StoredArray(name, where, values))

    def _named(
        self, values: NDArray[Any], names: dict[str, int] | None, where: str
    ) -> NDArray[Any]:
        """Returns labels of which each number has a name: as they are if they count the names."""
        if names is None:
            return values
        ordered = sorted(names, key=lambda name: names[name])
        if [names[name] for name in ordered] == [*range(len(names))]:
            self.class_names = self.class_names or ordered
            return values
        found = np.full(values.shape, None, object)
        for name, value in names.items():
            found[values == value] = name
        if (found == None).any():  # noqa: E711 - each of an array
            raise DataError("a label is none of the names of its type", where=where)
        return found


def _datasets(
    hdf5: Hdf5, group: Member, before: str = "", depth: int = 1
) -> Iterator[tuple[str, Member]]:
    """Yields the arrays below a group, with their paths."""
    for name, one in islice(hdf5.members(group), MOST_ARRAYS):
        if name.startswith("#"):
            continue  # MATLAB's references
        if hdf5.is_group(one) and depth < DEEPEST:
            yield from _datasets(hdf5, one, f"{before}{name}/", depth + 1)
        elif not hdf5.is_group(one):
            yield before + name, one


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
