"""Image batches: the images given to a network of known size, as uint8 n h w c."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.dataset.arrays import as_images
from spritenet.dataset.axes import fitting_axes
from spritenet.dataset.image_list import as_array
from spritenet.dataset.load_warnings import warn
from spritenet.dataset.source import is_source, stored_blocks
from spritenet.errors import DataError
from spritenet.model.foreign_arrays import channels_last, from_torch, is_collection, to_array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["array_of", "batch_of", "image_blocks", "is_one"]


def image_blocks(x: object, input_shape: tuple[int, int, int]) -> Iterator[NDArray[Any]]:
    """Yields the images of a source that isn't in memory block by block; of others all at once.

    Args:
        x: as for `array_of`.
        input_shape: h w c of the network.

    Raises:
        DataError: it is no array, or an image can't be read.
    """
    if is_source(x) and not hasattr(x, "images") and len(x):
        yield from (images for images, _ in stored_blocks(x))
    else:
        yield array_of(x, input_shape)


def array_of(x: object, input_shape: tuple[int, int, int]) -> NDArray[Any]:
    """Returns an array of one image or of many, whatever holds them.

    Args:
        x: a `Source`, an array of any library, or a collection; labels are ignored.
        input_shape: h w c of the network.

    Raises:
        DataError: it is no array.
    """
    if is_source(x):
        images: NDArray[np.uint8] | None = getattr(x, "images", None)
        return x.take(np.arange(len(x), dtype=np.int64))[0] if images is None else images
    splits = getattr(x, "splits", None)
    if isinstance(splits, Mapping):
        do = "Pass one of its splits: data.test."
        raise DataError("a data set has several splits", where="x", got=", ".join(splits), do=do)
    if is_collection(x):
        from spritenet.model.collection_reader import read  # rarely needed

        return read(x)[0].images
    array = to_array(x)
    if from_torch(x) and array.shape[-3:] != input_shape:
        turned, note = channels_last(array, one=array.ndim == 3)
        if turned.shape[-3:] == input_shape:
            if note:
                warn(note)
            return turned
    return array


def is_one(shape: tuple[int, ...], input_shape: tuple[int, int, int]) -> bool:
    """Returns True if an array of that shape is one image h w c, or h w of grey, not a batch."""
    return shape == input_shape or (input_shape[2] == 1 and shape == input_shape[:2])


def batch_of(images: ArrayLike, input_shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Returns images as uint8 n h w c.

    Args:
        images: n h w c, one h w c, n rows of h·w·c; or grey n h w or h w.
        input_shape: h w c of the network.

    Raises:
        DataError: they have another shape, or are no pixels.
    """
    array = as_array(images)
    height, width, channels = input_shape
    forms = [input_shape, (height * width * channels,)]
    if channels == 1:
        forms.append((height, width))
    if not is_one(array.shape, input_shape) and array.shape[1:] not in forms:
        axes = fitting_axes(array.shape, input_shape)
        if axes is None and channels == 1:
            axes = fitting_axes(array.shape, input_shape[:2])
        raise DataError(
            "the images don't fit the network",
            expected=f"{height}×{width}×{channels}, as n h w c",
            got=f"shape {array.shape}",
            do="" if axes is None else f"Pass images.transpose{axes}.",
        )
    return np.ascontiguousarray(as_images(array.reshape(-1, *input_shape)))
