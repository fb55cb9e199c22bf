"""Converted arrays: images of any numeric type, converted to pixels when they are read."""

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
    "image_reader",
    "reshape_images",
    "with_location",
    "with_range_and_notes",
]

SHORTEST_ROW = 16
"""Numbers from which on n 1 k is likelier rows than images of one line: 4×4."""


@dataclass(frozen=True, slots=True, eq=False)
class ConvertedArrays:
    """A reader of images in arrays of any numeric type, which converts them to pixels.

    Args:
        arrays: n h w c, concatenated in this order.
        scales: for each array the factor to pixels, 1 or 255; or the range of its values.
        where: the name of each array, for errors.
        threads: true if several threads read faster than one.
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
    """Returns a reader of the images in arrays, and warnings about their values.

    Args:
        arrays: n h w c, concatenated in this order.
        where: the name of each array, for errors.
        pixel_range: the values of black and white; None to infer them.

    Raises:
        DataError: the values are no numbers.
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
    lazy: LazyDataset, pixel_range: ValueRange | None, notes: Sequence[str]
) -> LazyDataset:
    """Returns a copy of a lazy data set with a range and notes."""
    known = None if pixel_range is None or pixel_range.is_default else pixel_range.pair
    return replace(lazy, pixel_range=known, notes=(*lazy.notes, *notes))


def reshape_images(array: NDArray[Any], image_size: ImageSize | None, where: str) -> NDArray[Any]:
    """Reshapes an array to images n h w c, from images or rows of numbers.

    Args:
        array: n h w c or n h w; or n k or n 1 k, of which `image_size` makes images.
        image_size: height and width; None where the array has them.
        where: the array's name, for errors.

    Raises:
        DataError: the array holds no images, or none of this size.
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
        raise DataError("unsupported images", where=where, expected="n h w or n h w c", got=sides)
    if array.shape[3] not in {1, 3, 4}:
        raise DataError(
            "unsupported number or place of channels",
            where=where,
            expected="n h w c",
            got=sides,
        )
    return array


def with_location(error: DataError, where: str) -> DataError:
    """Returns the error with another location."""
    return DataError(error.what, where=where, expected=error.expected, got=error.got, do=error.do)
