"""The shapes in which people hand images to a network that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.dataset import Dataset, Split
from spritenet.dataset.arrays import as_images
from spritenet.dataset.axes import fitting_axes
from spritenet.dataset.image_list import as_array
from spritenet.dataset.load_warnings import warn
from spritenet.errors import DataError
from spritenet.model.foreign_arrays import channels_last, from_torch, is_collection, to_array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["array_of", "batch_of", "is_one"]


def array_of(x: object, input_shape: tuple[int, int, int]) -> NDArray[Any]:
    """Returns an array of one image or of many, from whatever holds them.

    Args:
        x: a Split, an array of any library, or a collection, whose labels are passed over.
        input_shape: h w c of the network.

    Raises:
        DataError: it makes no array.
    """
    if isinstance(x, Split):
        return x.images
    if isinstance(x, Dataset):
        do = "Pass one of its splits: data.test."
        raise DataError("a data set has several splits", where="x", got=", ".join(x.splits), do=do)
    if is_collection(x):
        from spritenet.model.collection_reader import read  # rarely needed

        return read(x).images
    array = to_array(x)
    if from_torch(x) and array.shape[-3:] != input_shape:
        turned, note = channels_last(array, one=array.ndim == 3)
        if turned.shape[-3:] == input_shape:
            if note:
                warn(note)
            return turned
    return array


def is_one(shape: tuple[int, ...], input_shape: tuple[int, int, int]) -> bool:
    """Tells if an array of that shape is a single image h w c, or h w of grey, not a batch."""
    return shape == input_shape or (input_shape[2] == 1 and shape == input_shape[:2])


def batch_of(images: ArrayLike, input_shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Images as uint8 n h w c, from n h w c, one h w c, n rows of h·w·c, or grey n h w or h w.

    Raises:
        DataError: they are of another shape, or no pixels.
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
