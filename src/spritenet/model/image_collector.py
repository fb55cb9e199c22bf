"""ImageCollector: collects images and labels that arrive an item or a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.dataset.arrays import as_pixels, scale_of, with_range
from spritenet.dataset.axes import check_axes
from spritenet.dataset.image_list import is_pillow
from spritenet.dataset.load_warnings import warn
from spritenet.dataset.value_range import FROM_ARRAYS
from spritenet.errors import DataError
from spritenet.model.foreign_arrays import (
    MOST_BYTES,
    channels_last,
    from_torch,
    rows_as_images,
    to_array,
    too_large,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ImageCollector", "RawExamples"]

MOST_CHANNELS = 4


@dataclass(frozen=True, slots=True, eq=False)
class RawExamples:
    """Images with their labels and weights as given, before a network is known.

    Attributes:
        images: uint8, n h w c.
        labels: class indices, names, one-hot rows or targets, n; None if there are none.
        weights: a factor on the loss of each image, n; None for 1.
    """

    images: NDArray[np.uint8]
    labels: NDArray[Any] | None = None
    weights: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: slice | NDArray[np.int64] | NDArray[np.bool_]) -> RawExamples:
        """Returns a range of them, or those at some indices or of a mask."""
        return RawExamples(
            self.images[index],
            None if self.labels is None else self.labels[index],
            None if self.weights is None else self.weights[index],
        )

    @classmethod
    def concatenate(cls, parts: Sequence[RawExamples]) -> RawExamples:
        """Concatenates batches.

        Raises:
            DataError: some have no labels or weights, or labels of another shape.
        """
        if len(parts) == 1:
            return parts[0]
        try:
            return cls(
                np.concatenate([part.images for part in parts]),
                _concatenated([part.labels for part in parts]),
                _concatenated([part.weights for part in parts]),
            )
        except ValueError as error:
            raise DataError("the batches have different shapes", got=error) from None


def _concatenated(arrays: list[NDArray[Any] | None]) -> NDArray[Any] | None:
    present = [array for array in arrays if array is not None]
    if present and len(present) < len(arrays):
        raise DataError("some batches have labels or weights, and others none")
    return np.concatenate(present) if present else None


def _is_batch(image: object, label: object) -> bool:
    """Returns True for a batch of images, False for a single image.

    Args:
        image: n h w c, n h w or n rows of pixels; or h w c, h w, c h w, or a row of pixels.
        label: its label or labels; None if there are none.
    """
    if is_pillow(image) or (isinstance(image, list | tuple) and any(map(is_pillow, image))):
        return not is_pillow(image)
    array = to_array(image)
    if array.ndim not in {2, 3}:
        return array.ndim == 4
    if array.ndim == 3 and array.shape[-1] <= MOST_CHANNELS:
        return False
    if array.ndim == 3 and from_torch(image) and array.shape[0] <= MOST_CHANNELS:
        return False
    labels = np.zeros(0) if label is None else to_array(label, "labels")
    return labels.ndim > 0 and len(labels) == len(array) != array.shape[-1]


class ImageCollector:
    """Collects images as uint8, whatever their type.

    Args:
        where: the name of the data in errors.
        do: the advice if there are too many images; by default that for large data sets.

    Attributes:
        batch_size: images in the first batch; None if single images arrive.
        expected: the number of items or batches to come; None if it is unknown.
    """

    def __init__(self, where: str, do: str = "") -> None:
        self.where = where
        self.batch_size: int | None = None
        self.expected: int | None = None
        self._do = do
        self._batched: bool | None = None
        self._pixels: list[NDArray[np.uint8]] = []
        self._labels: list[NDArray[Any]] = []
        self._weights: list[NDArray[Any]] = []
        self._bytes = self._count = 0
        self._scale: int | None = None
        self._floats: list[NDArray[np.uint8]] = []
        self._shape: tuple[int, ...] | None = None
        self._taken = False
        self._noted = False
        self._pillow = False

    def add(
        self, image: object, label: object, weight: object, *, batch: bool | None = None
    ) -> None:
        """Adds an image with its label, or a batch of them.

        Raises:
            DataError: it is no image, doesn't match those before, or exceeds the memory limit.
        """
        if self._batched is None:
            self._batched = _is_batch(image, label) if batch is None else batch
            self.batch_size = len(to_array(image)) if self._batched and batch is None else None
        block = self._images(image)
        self._pixels.append(block)
        self._count += len(block)
        self._bytes += max(1, block.nbytes)
        coming = self._bytes
        if self.expected is not None and len(self._pixels) == 1:
            coming = block.nbytes * self.expected
        if coming > MOST_BYTES:
            raise too_large(self.where, self._do)
        for value, arrays, name in (
            (label, self._labels, "labels"),
            (weight, self._weights, "sample_weight"),
        ):
            if value is None:
                continue
            array = to_array(value, name)
            if not self._batched:
                array = array[np.newaxis]
            if array.ndim == 0 or len(array) != len(block):
                raise DataError(
                    f"{name} don't fit the images",
                    where=self.where,
                    expected=f"{len(block)}",
                    got=f"shape {array.shape}",
                )
            arrays.append(array)

    def collected(self) -> RawExamples:
        """Returns what was added since the last call.

        Raises:
            DataError: there are no images, or only some have labels or weights.
        """
        if not self._pixels:
            raise DataError("no images", where=self.where)
        images = np.concatenate(self._same_channels())
        parts = (self._labels, "labels"), (self._weights, "sample_weight")
        self._pixels, self._floats, self._labels, self._weights = [], [], [], []
        self._bytes, self._taken = 0, True
        found: list[NDArray[Any] | None] = []
        for arrays, name in parts:
            if not arrays:
                found.append(None)
                continue
            try:
                array = np.concatenate(arrays)
            except ValueError as error:
                raise DataError(
                    f"{name} are of different shapes", where=self.where, got=error
                ) from None
            if len(array) != len(images):
                raise DataError(
                    f"some images have no {name}",
                    where=self.where,
                    expected=f"{len(images):,}",
                    got=f"{len(array):,}",
                )
            found.append(array)
        return RawExamples(images, found[0], found[1])

    def _images(self, image: object) -> NDArray[np.uint8]:
        """Returns an item or a batch as uint8 n h w c."""
        self._pillow |= is_pillow(image) or isinstance(image, list | tuple)
        array = to_array(image)
        place = self._count
        if from_torch(image):
            array, note = channels_last(array, one=not self._batched)
            if note and not self._noted:
                self._noted = True
                warn(note)
        if not self._batched:
            array = array[np.newaxis]
        if array.ndim == 2:
            array = rows_as_images(array, None, self.where)
        if array.ndim == 3:
            array = array[..., np.newaxis]
        if array.ndim != 4:
            raise DataError(
                "not images",
                where=f"{self.where}, item {place}",
                expected="h w c or h w" if not self._batched else "n h w c or n h w",
                got=f"shape {array.shape[0 if self._batched else 1 :]}",
            )
        check_axes(array.shape, where=self.where)
        first = self._shape = self._shape or array.shape[1:]
        if not (array.shape[1:] == first or (self._pillow and array.shape[1:3] == first[:2])):
            raise DataError(
                "the images are of different sizes",
                where=f"{self.where}, image {place}",
                expected="×".join(map(str, first)) + " as image 0",
                got="×".join(map(str, array.shape[1:])),
                do="Give all of them one size.",
            )
        return self._as_pixels(array)

    def _as_pixels(self, array: NDArray[Any]) -> NDArray[np.uint8]:
        """Converts values to pixels, all by one scale: that of `dataset.arrays.scale_of`."""
        if array.dtype == np.uint8:
            return np.array(array, order="C")  # a copy: a generator may fill one array again
        scale = scale_of(array)
        try:
            if array.dtype.kind != "f":
                return as_pixels(array, scale)
            if scale == 1 and self._scale == 255:
                self._rescale(array)
            self._scale = min(scale, self._scale or 255)
            pixels = as_pixels(array, self._scale)
        except DataError as error:
            raise with_range(error, array, FROM_ARRAYS) from None
        self._floats.append(pixels)
        return pixels

    def _rescale(self, array: NDArray[Any]) -> None:
        """Corrects images read as fractions that were whole numbers up to 1.

        Raises:
            DataError: they were fractions.
        """
        if self._taken or not all(np.isin(block, (0, 255)).all() for block in self._floats):
            raise DataError(
                "some images have values up to 1, others above",
                where=self.where,
                expected="one range for all",
                got=f"{array.max()} in image {self._count}",
            )
        for block in self._floats:
            np.floor_divide(block, 255, out=block)

    def _same_channels(self) -> list[NDArray[np.uint8]]:
        """Returns the blocks with equal channels: grey becomes RGB, RGB opaque RGBA."""
        most = max(block.shape[3] for block in self._pixels)
        if self._taken and self._shape is not None:
            most = max(most, self._shape[2])
        self._shape = (*self._pixels[0].shape[1:3], most)
        return [_widened(block, most) for block in self._pixels]


def _widened(block: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Converts images of 1, 3 or 4 channels to so many, as Pillow does."""
    if block.shape[3] == channels:
        return block
    if block.shape[3] == 1:
        block = np.repeat(block, 3, axis=3)
    if channels == 4:
        opaque = np.full((*block.shape[:3], 1), 255, np.uint8)
        block = np.concatenate([block, opaque], axis=3)
    return block
