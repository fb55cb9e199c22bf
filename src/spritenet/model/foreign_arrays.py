"""Arrays of other libraries: tensors of PyTorch and TensorFlow, frames of pandas and Polars.

They are recognized by their members; no library is imported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isqrt, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.dataset.image_list import as_array
from spritenet.errors import DataError
from spritenet.layers import Shape
from spritenet.layers.input import image_shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "IMAGE_NAMES",
    "LABEL_NAMES",
    "MOST_BYTES",
    "channels_last",
    "column_named",
    "from_torch",
    "is_collection",
    "is_foreign_array",
    "is_frame",
    "is_iterable_only",
    "is_stream",
    "length_of",
    "rows_as_images",
    "to_array",
    "too_large",
]

MOST_BYTES = 2 << 30
"""Largest size in bytes of images that are read into memory from a collection."""

MOST_CHANNELS = 4

IMAGE_NAMES = ("image", "images", "img", "pixel_values", "pixels", "x")
LABEL_NAMES = ("label", "labels", "y", "target", "targets", "class")
"""Names of columns of images and of labels."""


def from_torch(value: object) -> bool:
    """Returns True for a tensor of PyTorch, or of a subclass."""
    return any(
        cls.__module__ == "torch" and cls.__name__ == "Tensor" for cls in type(value).__mro__
    )


def is_frame(value: object) -> bool:
    """Returns True for a table of pandas or Polars."""
    return hasattr(value, "columns") and hasattr(value, "to_numpy") and hasattr(value, "shape")


def is_foreign_array(value: object) -> bool:
    """Returns True for an array, tensor, table or column of another library."""
    if isinstance(value, np.ndarray | np.generic | type):
        return False
    return from_torch(value) or (
        hasattr(value, "shape") and (hasattr(value, "__array__") or hasattr(value, "to_numpy"))
    )


def is_collection(x: object) -> bool:
    """Returns True for a container or iterable that may hold images, and is no array."""
    if isinstance(x, np.ndarray | np.generic | list | tuple | str | bytes | type):
        return False
    if is_foreign_array(x):
        return False
    if type(x).__module__.startswith("PIL."):
        return False
    return isinstance(x, Mapping) or hasattr(x, "__iter__") or hasattr(x, "__getitem__")


def is_iterable_only(x: object) -> bool:
    """Returns True for a collection that can be iterated over, but not indexed."""
    if isinstance(x, Mapping):
        return False
    if hasattr(x, "__next__"):
        return True
    return hasattr(x, "__iter__") and not (hasattr(x, "__getitem__") and length_of(x) is not None)


def is_stream(x: object) -> bool:
    """Returns True for an iterable of batches that can't be indexed."""
    return is_collection(x) and is_iterable_only(x)


def length_of(x: object) -> int | None:
    """Returns the length of an object; None if it has none."""
    thing: Any = x
    try:
        return len(thing)
    except Exception:  # noqa: BLE001 - no length, or one that fails
        return None


def to_array(value: object, where: str = "images") -> NDArray[Any]:
    """Returns a NumPy array of any array-like, also of tensors with gradients or on a device.

    Raises:
        DataError: it is no array, or larger than MOST_BYTES.
    """
    if not is_foreign_array(value):
        return np.asarray(as_array(value))  # no matrix
    thing: Any = value
    if not from_torch(thing) and _bytes(thing) > MOST_BYTES:
        raise too_large(where)
    try:
        if from_torch(thing):
            thing = thing.detach().cpu()
            if str(thing.dtype) == "torch.bfloat16":  # NumPy has none
                thing = thing.float()
            return np.asarray(thing.numpy())
        if hasattr(thing, "to_numpy"):
            return np.asarray(thing.to_numpy())
        return np.asarray(thing)
    except Exception as error:
        raise DataError(
            "can't be converted to an array", where=where, got=f"{type(value).__name__}: {error}"
        ) from error


def too_large(where: str, do: str = "") -> DataError:
    """Returns the error for images larger than MOST_BYTES."""
    return DataError(
        "too many images to read into memory",
        where=where,
        expected=f"at most {MOST_BYTES >> 30} GiB of pixels",
        do=do
        or "Write them with sn.pack, and train on sn.open(path), which reads while it trains.",
    )


def _bytes(value: Any) -> int:  # noqa: ANN401 - another library's array
    """Returns the size in bytes of an array that isn't in memory yet; 0 if unknown."""
    try:
        return prod(map(int, value.shape)) * int(getattr(value.dtype, "itemsize", 1))
    except (AttributeError, TypeError, ValueError):
        return 0


def channels_last(array: NDArray[Any], *, one: bool = False) -> tuple[NDArray[Any], str]:
    """Returns PyTorch's images n c h w, or one image c h w, as n h w c or h w c; and a note, or "".

    Grey images need no note: with one channel both orders are the same.
    """
    dimensions = 3 if one else 4
    first = -3
    if array.ndim != dimensions or array.shape[first] > MOST_CHANNELS >= array.shape[-1]:
        return array, ""
    if array.shape[first] > MOST_CHANNELS or array.shape[-1] <= MOST_CHANNELS:
        return array, ""
    turned = np.moveaxis(array, first, -1)
    channels, height, width = array.shape[first:]
    if channels == 1:
        return turned, ""
    return turned, (
        f"PyTorch's images {channels}×{height}×{width} have their channels first: "
        f"they are read as {height}×{width}×{channels}"
    )


def rows_as_images(
    rows: NDArray[Any], input_shape: Shape | None, where: str = "images"
) -> NDArray[Any]:
    """Returns rows of pixels (n, h·w) as images n h w or n h w c.

    Args:
        rows: a row for each image.
        input_shape: of the network, if known.
        where: the name of the data in errors.

    Raises:
        DataError: height and width are unknown, or the order of the channels is.
    """
    count, width = rows.shape
    if input_shape is not None and prod(input_shape) == width:
        h, w, c = image_shape(input_shape)
        if len(input_shape) < 3 or c == 1:
            return rows.reshape(count, h, w, c)
        raise DataError(
            f"rows of {width} numbers may be {h}×{w}×{c} or {c}×{h}×{w}",
            where=where,
            expected="n h w c",
            do=f"Pass rows.reshape(-1, {h}, {w}, {c}), "
            f"or rows.reshape(-1, {c}, {h}, {w}).transpose(0, 2, 3, 1).",
        )
    side = isqrt(width)
    if input_shape is None and side * side == width and side > 1:
        return rows.reshape(count, side, side)
    raise DataError(
        f"rows of {width} numbers aren't square images"
        if input_shape is None
        else f"rows of {width} numbers don't fit the network",
        where=where,
        expected="n h w c" if input_shape is None else f"{prod(input_shape)} in a row",
        do="Pass rows.reshape(-1, height, width), without columns that are no pixels.",
    )


def column_named(columns: Sequence[object], names: Sequence[str]) -> object:
    """Returns the first column with one of these names, in any case; None if there is none."""
    lower = {str(column).lower(): column for column in columns}
    return next((lower[name] for name in names if name in lower), None)
