"""Image batches: the images given to a network of known size, as uint8 n h w c."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.dataset.arrays import as_images
from spritenet.dataset.axes import fitting_axes
from spritenet.dataset.image_list import as_array
from spritenet.dataset.load_warnings import warn
from spritenet.dataset.source import is_source, stored_blocks
from spritenet.errors import DataError
from spritenet.layers import Shape
from spritenet.layers.input import fits, image_shape
from spritenet.model.foreign_arrays import channels_last, from_torch, is_collection, to_array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["array_of", "batch_of", "image_blocks", "is_one"]


def image_blocks(x: object, input_shape: Shape) -> Iterator[NDArray[Any]]:
    """Yields the images of a source that isn't in memory block by block; of others all at once.

    Args:
        x: as for `array_of`.
        input_shape: of the network.

    Raises:
        DataError: it is no array, or an image can't be read.
    """
    if is_source(x) and not hasattr(x, "images") and len(x):
        yield from (images for images, _ in stored_blocks(x))
    else:
        yield array_of(x, input_shape)


def array_of(x: object, input_shape: Shape) -> NDArray[Any]:
    """Returns an array of one image or of many, whatever holds them.

    Args:
        x: a `Source`, an array of any library, or a collection; labels are ignored.
        input_shape: of the network.

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
    shape = image_shape(input_shape)
    if from_torch(x) and array.shape[-3:] != shape:
        turned, note = channels_last(array, one=array.ndim == 3)
        if turned.shape[-3:] == shape:
            if note:
                warn(note)
            return turned
    return array


def is_one(shape: Shape, input_shape: Shape) -> bool:
    """Returns True if an array of that shape is one image, not a batch.

    Args:
        shape: h w c, h w of grey, or what the network takes.
        input_shape: of the network.
    """
    if len(input_shape) < 3:
        return prod(shape) == prod(input_shape) != prod(shape[1:])
    return shape == input_shape or (input_shape[2] == 1 and shape == input_shape[:2])


def batch_of(images: ArrayLike, input_shape: Shape) -> NDArray[np.uint8]:
    """Returns images as uint8 n h w c.

    Args:
        images: n h w c, one h w c, n rows of h·w·c; or grey n h w or h w.
        input_shape: of the network.

    Raises:
        DataError: they have another shape, or are no pixels.
    """
    array = as_array(images)
    shape = image_shape(input_shape)
    height, width, channels = shape
    forms = [shape, (height * width * channels,)]
    if channels == 1:
        forms.append((height, width))
    fit = array.shape[1:] in forms or fits(array.shape[1:], input_shape)
    if not fit and not is_one(array.shape, input_shape):
        rank = len(input_shape)
        form = ("n rows", "n h w", "n h w c")[rank - 1]
        axes = fitting_axes(array.shape, shape) if rank > 1 else None
        if axes is None and channels == 1 and rank > 1:
            axes = fitting_axes(array.shape, shape[:2])
        raise DataError(
            "the images don't fit the network",
            expected=f"{'×'.join(map(str, input_shape))}, as {form}",
            got=f"shape {array.shape}",
            do="" if axes is None else f"Pass images.transpose{axes}.",
        )
    return np.ascontiguousarray(as_images(array.reshape(-1, *shape)))
