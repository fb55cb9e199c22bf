"""Input data: the adapter of whatever is given to `fit`, `evaluate` and `calibrate`."""

from __future__ import annotations

from dataclasses import replace
from inspect import isfunction, ismethod
from os import PathLike
from typing import TYPE_CHECKING, Any

from spritenet.dataset import Split
from spritenet.dataset.arrays import as_images
from spritenet.dataset.axes import check_axes
from spritenet.dataset.image_list import is_pillow
from spritenet.dataset.load_warnings import warn
from spritenet.dataset.source import Source, is_source, training_split
from spritenet.dataset.value_range import FROM_ARRAYS, dim_note
from spritenet.errors import DataError
from spritenet.layers import Shape
from spritenet.model.data_adapter import ArrayAdapter, DataAdapter, SourceAdapter
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

__all__ = ["adapt", "images_of"]


def adapt(
    x: object,
    y: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    *,
    input_shape: Shape | None = None,
) -> DataAdapter:
    """Returns the adapter of images with labels, whatever holds them.

    Args:
        x: a `Source`, such as a Split or a StreamSplit; a Dataset or a Stream, whose training split
            is used; (x, y) or (x, y, sample_weight); images n h w c, n h w or n rows,
            uint8 or float k/255; another library's array or table of pixels; or a collection, see
            `collection_reader`.
        y: labels or targets, unless x has labels.
        weights: a factor on the loss of each image.
        input_shape: of the network, if known.

    Raises:
        DataError: these are no images, or x has labels and y is given too.
    """
    _check_kind(x)
    x = training_split(x)
    if y is None and _is_pair(x):
        return adapt(*x, input_shape=input_shape)  # type: ignore[misc]  # it is a tuple or a list
    if is_source(x):
        return _adapt_source(x, y, weights)
    if is_collection(x):
        from spritenet.model.collection_reader import read  # rarely needed

        raw, class_names, batch_size = read(x)
        if y is not None and raw.labels is not None:
            raise _two_labels("two sets of labels")
        y = raw.labels if y is None else y
        weights = raw.weights if weights is None else weights
        arrays = _adapt_arrays(raw.images, y, weights, class_names)
        return replace(arrays, batch_size=batch_size, ordered=False)
    x, y = _split_table(x, y)
    found = _adapt_arrays(images_of(x, input_shape), y, weights)
    return replace(found, rows=not is_frame(x) and to_array(x).ndim == 2)


def _check_kind(x: object) -> None:
    """Raises DataError for a path and for a function, which only lead to images."""
    if isinstance(x, str | PathLike):
        do = f"Pass sn.load({str(x)!r}).train."
        raise DataError("a name or a path is not yet data", where="x", got=repr(str(x)), do=do)
    if isfunction(x) or ismethod(x):
        do = f"Call it: {x.__name__}()."
        raise DataError("a function is no data", where="x", got=x.__name__, do=do)


def _adapt_source(x: Source, y: ArrayLike | None, weights: ArrayLike | None) -> DataAdapter:
    """Returns the adapter of a source, in memory or not.

    Raises:
        DataError: labels or weights are given that it can't take.
    """
    if isinstance(x, Split):
        if y is not None:
            raise _two_labels("a Split and y")
        return ArrayAdapter(
            x.images, x.labels, weights, x.class_names, x.name, source=x, ordered=False
        )
    if y is not None or weights is not None:
        raise DataError("a stream has labels of its own, and no weights", where=x.name)
    return SourceAdapter(x)


def _two_labels(got: str) -> DataError:
    """Returns the error for labels given twice."""
    return DataError("the images have labels already", where="y", got=got)


def images_of(x: object, input_shape: Shape | None = None) -> NDArray[Any]:
    """Returns an array of images, channels last, of any data type.

    Args:
        x: an array of any library, also of rows of pixels.
        input_shape: of the network, if known.

    Raises:
        DataError: it is no array, or height and width are unknown.
    """
    array = to_array(x)
    if from_torch(x):
        array, note = channels_last(array)
        if note:
            warn(note)
    if array.ndim == 2:
        shape = input_shape or (None if is_frame(x) else array.shape[1:])
        array = rows_as_images(array, shape)
    return array


def _adapt_arrays(
    array: NDArray[Any],
    y: ArrayLike | None,
    weights: ArrayLike | None,
    class_names: tuple[str, ...] = (),
) -> ArrayAdapter:
    """Returns the adapter of arrays; class names as labels become indices.

    Raises:
        DataError: these are no images or labels.
    """
    labels = None if y is None else to_array(y, "y")
    if labels is not None:
        check_axes(array.shape, *labels.shape[:1])
    images = as_images(array)
    if note := dim_note(images, FROM_ARRAYS):
        warn(note)
    if labels is None:
        return ArrayAdapter(images, None, weights)
    if labels.dtype.kind in "UO":
        split = Split.from_arrays(images, labels, class_names or None)
        images, labels, class_names = split.images, split.labels, split.class_names
    elif labels.dtype.kind not in "iu" or labels.size != len(images):
        class_names = ()
    elif labels.max(initial=0) >= len(class_names):
        class_names = ()  # they are names of something else
    return ArrayAdapter(images, labels, weights, class_names)


def _is_pair(x: object) -> bool:
    """Returns True for (images, labels) or (images, labels, weights), also as a list."""
    if not isinstance(x, tuple | list) or not 2 <= len(x) <= 3:
        return False
    if isinstance(x, tuple):
        return True
    first, second = x[:2]
    if any(map(is_source, x)) or is_pillow(first):
        return False
    if is_collection(first) or isinstance(second, str):
        return True
    return to_array(first).ndim > to_array(second, "y").ndim


def _split_table(x: object, y: ArrayLike | None) -> tuple[object, ArrayLike | None]:
    """Returns a table's columns of pixels and its column of labels, unless y is given."""
    if not is_frame(x) or y is not None:
        return x, y
    table: Any = x
    label = column_named([*table.columns], LABEL_NAMES)
    if label is None or len(table.shape) != 2:
        return x, y
    pixels = table.drop(columns=[label]) if hasattr(table, "iloc") else table.drop(label)
    return pixels, table[label]
