"""LabelledImages: whatever people hand to `fit`, `evaluate` and `predict`, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from inspect import isfunction, ismethod
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.dataset import Dataset, Split
from spritenet.dataset.arrays import as_images
from spritenet.dataset.axes import check_axes
from spritenet.dataset.image_list import is_pillow
from spritenet.dataset.load_warnings import warn
from spritenet.dataset.streamed import StreamedDataset, StreamSource
from spritenet.dataset.value_range import FROM_ARRAYS, dim_note
from spritenet.errors import DataError
from spritenet.model.foreign_arrays import (
    LABEL_NAMES,
    channels_last,
    column_named,
    from_torch,
    is_collection,
    is_frame,
    rows_as_images,
    to_array,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from spritenet.model.batch_feed import BatchStream

__all__ = ["LabelledImages", "adapt", "images_of"]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledImages:
    """Images with their labels or targets, before a network is known.

    Attributes:
        images: uint8 n h w c.
        y: labels, one-hot rows or targets; None if there are none.
        weights: a factor for each image; None for 1.
        class_names: of the labels; empty if nobody said.
        name: of the split.
        split: they are this split's images, or a part of them; None if they are nobody's.
        stream: the split they are read from while they are used; `images` then has none.
        batches: where batches come from while they are used; likewise.
        length: images that are read of those in an epoch.
        batch_size: images in a step, if the data says it; None if it doesn't.
    """

    images: NDArray[np.uint8]
    y: ArrayLike | None = None
    weights: ArrayLike | None = None
    class_names: tuple[str, ...] = ()
    name: str = ""
    split: Split | None = None
    stream: StreamSource | None = None
    batches: BatchStream | None = None
    length: int = 0
    batch_size: int | None = None

    def __len__(self) -> int:
        """The number of images."""
        if self.batches is not None:
            return self.length
        return len(self.images if self.stream is None else self.stream)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels of an image."""
        _, height, width, channels = self.images.shape
        return height, width, channels

    def part(self, index: slice | NDArray[np.bool_]) -> LabelledImages:
        """A range of them, or those of a mask."""
        return replace(
            self,
            images=self.images[index],
            y=None if self.y is None else to_array(self.y, "y")[index],
            weights=None
            if self.weights is None
            else to_array(self.weights, "sample_weight")[index],
        )


def adapt(
    x: object,
    y: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    *,
    image_shape: tuple[int, int, int] | None = None,
) -> LabelledImages:
    """Returns images and labels of whatever holds them.

    Args:
        x: a Split or a StreamSplit; a Dataset or a Stream (its training images); (x, y) or
            (x, y, sample_weight); images n h w c or n h w, uint8 or float k/255; another library's
            array or table of pixels; or a collection, see `collection_reader`.
        y: what the images mean, where x has no labels itself.
        weights: a factor for each image.
        image_shape: h w c of the network's images, if it is known.

    Raises:
        DataError: they are no images, or there are two sets of labels.
    """
    _check_kind(x)
    if isinstance(x, Dataset | StreamedDataset):
        x = x.train
    if y is None and _is_pair(x):
        return adapt(*x, image_shape=image_shape)  # type: ignore[misc]  # it is a tuple or a list
    if isinstance(x, StreamSource):
        if y is not None or weights is not None:
            raise DataError("a stream has labels of its own, and no weights", where=x.name)
        empty = np.empty((0, *x.image_shape), np.uint8)
        return LabelledImages(empty, class_names=x.class_names, name=x.name, stream=x)
    if isinstance(x, Split):
        if y is not None:
            raise DataError("the images have labels already", where="y", got="a Split and y")
        return LabelledImages(x.images, x.labels, weights, x.class_names, x.name, x)
    if is_collection(x):
        from spritenet.model.collection_reader import read  # rarely needed

        found = read(x)
        if y is not None and found.labels is not None:
            raise DataError("the images have labels already", where="y", got="two sets of labels")
        labels = found.labels if y is None else y
        weights = found.weights if weights is None else weights
        return _labelled(found.images, labels, weights, found.class_names, found.batch_size)
    x, y = _frame(x, y)
    return _labelled(images_of(x, image_shape), y, weights)


def _check_kind(x: object) -> None:
    """Raises DataError for what leads to images, but is none yet."""
    if isinstance(x, str | PathLike):
        do = f"Pass sn.load({str(x)!r}).train."
        raise DataError("a name or a path is not yet data", where="x", got=repr(str(x)), do=do)
    if isfunction(x) or ismethod(x):
        do = f"Call it: {x.__name__}()."
        raise DataError("a function is no data", where="x", got=x.__name__, do=do)


def images_of(x: object, image_shape: tuple[int, int, int] | None = None) -> NDArray[Any]:
    """Returns an array of images, channels last, in whatever type they are.

    Args:
        x: an array of any library; rows of pixels only in a table, or where h w c is known.
        image_shape: h w c of the network's images, if it is known.

    Raises:
        DataError: it makes no array, or none whose height and width are known.
    """
    array = to_array(x)
    if from_torch(x):
        array, note = channels_last(array)
        if note:
            warn(note)
    if array.ndim == 2 and (is_frame(x) or image_shape is not None):
        array = rows_as_images(array, image_shape)
    return array


def _labelled(
    array: NDArray[Any],
    y: ArrayLike | None,
    weights: ArrayLike | None,
    class_names: tuple[str, ...] = (),
    batch_size: int | None = None,
) -> LabelledImages:
    """Arrays as images with labels.

    Raises:
        DataError: they are none.
    """
    labels = None if y is None else to_array(y, "y")
    if labels is not None:
        check_axes(array.shape, *labels.shape[:1])
    images = as_images(array)
    if note := dim_note(images, FROM_ARRAYS):
        warn(note)
    if labels is None:
        return LabelledImages(images, None, weights, batch_size=batch_size)
    if labels.dtype.kind in "UO":
        split = Split.from_arrays(images, labels, class_names or None)
        images, labels, class_names = split.images, split.labels, split.class_names
    elif labels.dtype.kind not in "iu" or labels.size != len(images):
        class_names = ()
    elif labels.max(initial=0) >= len(class_names):
        class_names = ()  # they are names of something else
    return LabelledImages(images, labels, weights, class_names, batch_size=batch_size)


def _is_pair(x: object) -> bool:
    """Tells (images, labels) or (images, labels, weights), also as a list."""
    if not isinstance(x, tuple | list) or not 2 <= len(x) <= 3:
        return False
    if isinstance(x, tuple):
        return True
    first, second = x[:2]
    if any(isinstance(part, Split | StreamSource) for part in x) or is_pillow(first):
        return False
    if is_collection(first) or isinstance(second, str):
        return True
    return to_array(first).ndim > to_array(second, "y").ndim


def _frame(x: object, y: ArrayLike | None) -> tuple[object, ArrayLike | None]:
    """A table's columns of pixels, and its column of labels if nobody gave others."""
    if not is_frame(x) or y is not None:
        return x, y
    table: Any = x
    label = column_named([*table.columns], LABEL_NAMES)
    if label is None or len(table.shape) != 2:
        return x, y
    return table.drop(columns=[label]) if hasattr(table, "iloc") else table.drop(label), table[
        label
    ]
