"""Arrays of other libraries: tensors of PyTorch and TensorFlow, frames of pandas and Polars.

They are known by what they can do. No library is imported for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isqrt, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.dataset.image_list import as_array
from spritenet.errors import DataError

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
"""Of images that are read into memory from what isn't an array yet."""

MOST_CHANNELS = 4

IMAGE_NAMES = ("image", "images", "img", "pixel_values", "pixels", "x")
LABEL_NAMES = ("label", "labels", "y", "target", "targets", "class")
"""Names of columns."""


def from_torch(value: object) -> bool:
    """Tells whether a value is PyTorch's tensor, or a subclass of it."""
    return any(
        cls.__module__ == "torch" and cls.__name__ == "Tensor" for cls in type(value).__mro__
    )


def is_frame(value: object) -> bool:
    """Tells whether a value is a table of pandas or Polars."""
    return hasattr(value, "columns") and hasattr(value, "to_numpy") and hasattr(value, "shape")


def is_foreign_array(value: object) -> bool:
    """Tells whether a value is another library's array, tensor, table or column."""
    if isinstance(value, np.ndarray | np.generic | type):
        return False
    return from_torch(value) or (
        hasattr(value, "shape") and (hasattr(value, "__array__") or hasattr(value, "to_numpy"))
    )


def is_collection(x: object) -> bool:
    """Tells whether something is no array, but holds or gives out images."""
    if isinstance(x, np.ndarray | list | tuple | str | bytes | type) or is_foreign_array(x):
        return False
    if type(x).__module__.startswith("PIL."):
        return False
    return isinstance(x, Mapping) or hasattr(x, "__iter__") or hasattr(x, "__getitem__")


def is_iterable_only(x: object) -> bool:
    """Tells whether a collection can only be gone through, not asked for an item by its number."""
    if isinstance(x, Mapping):
        return False
    if hasattr(x, "__next__"):
        return True
    return hasattr(x, "__iter__") and not (hasattr(x, "__getitem__") and length_of(x) is not None)


def is_stream(x: object) -> bool:
    """Tells whether something gives out batches one after the other, and in no other way."""
    return is_collection(x) and is_iterable_only(x)


def length_of(x: object) -> int | None:
    """Returns the length that an object reports; None if it reports none."""
    thing: Any = x
    try:
        return len(thing)
    except Exception:  # noqa: BLE001 - no length, or one that another library can't tell
        return None


def to_array(value: object, where: str = "images") -> NDArray[Any]:
    """Returns an array of what people hold, tensors that need gradients or lie elsewhere too.

    Raises:
        DataError: it makes no array, or one that is larger than MOST_BYTES.
    """
    if not is_foreign_array(value):
        return as_array(value)
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
            "this makes no array", where=where, got=f"{type(value).__name__}: {error}"
        ) from error


def too_large(where: str, do: str = "") -> DataError:
    """An error for data that doesn't fit into the memory that is allowed for it."""
    return DataError(
        "the images are too many to be read into memory",
        where=where,
        expected=f"at most {MOST_BYTES >> 30} GiB of pixels",
        do=do
        or "Write them with sn.pack, and train on sn.open(path), which reads while it trains.",
    )


def _bytes(value: Any) -> int:  # noqa: ANN401 - another library's array
    """The size of an array that isn't in memory yet, if it is known."""
    try:
        return prod(map(int, value.shape)) * int(getattr(value.dtype, "itemsize", 1))
    except (AttributeError, TypeError, ValueError):
        return 0


def channels_last(array: NDArray[Any], *, one: bool = False) -> tuple[NDArray[Any], str]:
    """PyTorch's images n c h w, or one image c h w, as n h w c or h w c; and a note, or "".

    Grey ones need no note: a single channel lies alike in either order.
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
    rows: NDArray[Any], image_shape: tuple[int, ...] | None, where: str = "images"
) -> NDArray[Any]:
    """Rows of pixels (n, h·w) as grey images n h w.

    Args:
        rows: one for each image.
        image_shape: h w c of the network, if it is known.
        where: what to call them.

    Raises:
        DataError: it isn't known how high and wide they are, or which way their channels lie.
    """
    count, width = rows.shape
    if image_shape is not None and prod(image_shape) == width:
        if image_shape[2] == 1:
            return rows.reshape(count, *image_shape)
        h, w, c = image_shape
        raise DataError(
            f"rows of {width} numbers may be {h}×{w}×{c} or {c}×{h}×{w}",
            where=where,
            expected="n h w c",
            do=f"Pass rows.reshape(-1, {h}, {w}, {c}), "
            f"or rows.reshape(-1, {c}, {h}, {w}).transpose(0, 2, 3, 1).",
        )
    side = isqrt(width)
    if image_shape is None and side * side == width and side > 1:
        return rows.reshape(count, side, side)
    raise DataError(
        f"rows of {width} numbers are no square images"
        if image_shape is None
        else f"rows of {width} numbers don't fit the network",
        where=where,
        expected="n h w c" if image_shape is None else f"{prod(image_shape)} in a row",
        do="Pass rows.reshape(-1, height, width), without columns that are no pixels.",
    )


def column_named(columns: Sequence[object], names: Sequence[str]) -> object:
    """The first column that has one of some names, in any case; None if there is none."""
    lower = {str(column).lower(): column for column in columns}
    return next((lower[name] for name in names if name in lower), None)
