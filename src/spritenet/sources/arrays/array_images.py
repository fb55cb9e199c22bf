"""Images in arrays of any type, which become pixels when they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.arrays import as_pixels, scale_of, with_range
from spritenet.dataset.lazy_dataset import (
    ArrayImages,
    ImageReader,
    Indices,
    LazyDataset,
    ReadResult,
)
from spritenet.dataset.value_range import LOAD, ValueRange, dim_note
from spritenet.errors import DataError
from spritenet.sources.image_size import ImageSize, parse_image_size

__all__ = [
    "ConvertedArrays",
    "image_reader",
    "reshape_images",
    "with_location",
    "with_range_and_notes",
]

SHORTEST_ROW = 16
"""Numbers from which on n 1 k is likelier rows than images of one line: 4×4."""


@dataclass(frozen=True, slots=True, eq=False)
class ConvertedArrays:
    """Images in arrays of any type, which become pixels when they are read.

    Args:
        arrays: n h w c, one after the other.
        scales: for each 255 if its values go from 0 to 1, else 1; or the range of its values.
        where: for each what to call it in errors.
        threads: whether reading on several threads is quicker.
    """

    arrays: tuple[NDArray[Any], ...]
    scales: tuple[int | ValueRange, ...]
    where: tuple[str, ...]
    threads: bool = True

    def read(self, indices: Indices) -> ReadResult:
        """Reads images.

        Raises:
            DataError: a value is no pixel.
        """
        images = np.empty((len(indices), *self.arrays[0].shape[1:]), np.uint8)
        first = 0
        for array, scale, where in zip(self.arrays, self.scales, self.where, strict=True):
            here = np.flatnonzero((indices >= first) & (indices < first + len(array)))
            if len(here):
                try:
                    images[here] = as_pixels(array[indices[here] - first], scale)
                except DataError as error:
                    raise with_location(with_range(error, array, LOAD), where) from None
            first += len(array)
        return ReadResult(images)


def image_reader(
    arrays: Sequence[NDArray[Any]], where: Sequence[str], pixel_range: ValueRange | None = None
) -> tuple[ImageReader, tuple[str, ...]]:
    """The images in arrays, and what is doubtful about their values.

    Args:
        arrays: n h w c, one after the other.
        where: for each what to call it in errors.
        pixel_range: the values of black and white, if they were given.

    Raises:
        DataError: these are no numbers.
    """
    scales: list[int] = []
    for array, place in zip(arrays, where, strict=True):
        try:
            scales.append(scale_of(array))
        except DataError as error:
            raise with_location(error, place) from None
    notes: list[str] = []
    if pixel_range is None:
        notes = [dim_note(array, LOAD, scale) for array, scale in zip(arrays, scales, strict=True)]
    dim = tuple(notes[:1]) if all(notes) else ()
    plain = pixel_range is None or pixel_range.is_default
    if plain and all(array.dtype == np.uint8 and array.flags.c_contiguous for array in arrays):
        return ArrayImages(tuple(arrays)), dim
    known = scales if pixel_range is None else [pixel_range] * len(arrays)
    return ConvertedArrays(tuple(arrays), tuple(known), tuple(where)), dim


def with_range_and_notes(
    listing: LazyDataset, pixel_range: ValueRange | None, notes: Sequence[str]
) -> LazyDataset:
    """A listing that knows its range and its notes."""
    known = None if pixel_range is None or pixel_range.is_default else pixel_range.pair
    return replace(listing, pixel_range=known, notes=(*listing.notes, *notes))


def reshape_images(array: NDArray[Any], image_size: ImageSize | None, where: str) -> NDArray[Any]:
    """Images n h w c of an array whose images are stored as they are, or as rows of numbers.

    Args:
        array: n h w c or n h w; or n k or n 1 k, of which `image_size` makes images.
        image_size: height and width; None where the array has them.
        where: what to call it in errors.

    Raises:
        DataError: these are not images, or not of this size.
    """
    sides = "×".join(map(str, array.shape))
    rows = array.ndim == 2 or (array.ndim == 3 and array.shape[1] == 1)
    if image_size is not None and array.ndim >= 2:
        height, width = parse_image_size(image_size)
        if rows and array.shape[-1] % (height * width) == 0:
            array = array.reshape(len(array), height, width, -1)
        elif array.shape[1:3] != (height, width):
            raise DataError(
                "the images are of another size",
                where=where,
                expected=f"{height}×{width}, or rows of {height * width:,} numbers",
                got=sides,
            )
    elif rows and (array.ndim == 2 or array.shape[-1] >= SHORTEST_ROW):
        raise DataError(
            "these are rows of numbers, not images",
            where=where,
            expected="an array n h w or n h w c",
            got=sides,
            do="Pass the images' height and width: image_size (--image-size 28x28).",
        )
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4 or 0 in array.shape[1:] or not len(array):
        raise DataError("these are not images", where=where, expected="n h w or n h w c", got=sides)
    if array.shape[3] not in {1, 3, 4}:
        raise DataError(
            "images have 1, 3 or 4 channels, which come last",
            where=where,
            expected="n h w c",
            got=sides,
        )
    return array


def with_location(error: DataError, where: str) -> DataError:
    """The same error, of this array."""
    return DataError(error.what, where=where, expected=error.expected, got=error.got, do=error.do)
