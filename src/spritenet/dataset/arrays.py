"""Conversion of arrays to uint8 images (n h w c) and int32 class indices (n).

Nothing is guessed: pixels that are not exactly 0–255, and labels that are not exactly classes,
are errors that say why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spritenet.dataset.axes import check_axes
from spritenet.dataset.image_list import as_array
from spritenet.dataset.load_warnings import warn
from spritenet.dataset.multi_label import (
    Labels,
    as_rows,
    check_rows,
    is_multi_label,
    name_lists,
    rows_of_names,
)
from spritenet.dataset.natural_order import in_natural_order
from spritenet.dataset.value_range import (
    BEYOND,
    FROM_ARRAYS,
    RangeLike,
    ValueRange,
    coarse_note,
    likely_range,
)
from spritenet.errors import DataError

__all__ = [
    "MOST_CLASSES",
    "as_images",
    "as_labels",
    "as_pixels",
    "check_counts",
    "check_labels",
    "check_names",
    "counts_differ",
    "one_hot_rows",
    "scale_of",
    "with_range",
]

MOST_CLASSES = 65_536  # beyond it, labels are much likelier to be something else
BLOCK = 1 << 20  # values converted at a time, so that converting needs little memory


def as_images(
    images: object,
    *,
    range: RangeLike | None = None,  # noqa: A002 - NumPy's word for it
    call: str = FROM_ARRAYS,
) -> NDArray[np.uint8]:
    """Converts images to uint8 n h w c: without loss, or quantized if a range is given.

    Args:
        images: n h w (one channel) or n h w c. Of uint8; of another integer type with values 0 to
            255; of floats that are whole numbers 0 to 255, or exact multiples of 1/255 from 0
            to 1, which is what dividing pixels by 255 gives; or of booleans, of which True is 255.
            Also a list of arrays, or of Pillow's images.
        range: the values of black and white, where they are others: (-1, 1) or "-1..1". Values
            are quantized to 256 levels, with an error of (high - low) / 510 at most.
        call: the call that takes a range, as for `ValueRange.as_argument`.

    Returns:
        uint8, n h w c, C-contiguous; the array itself, not a copy, where it already is that.

    Raises:
        DataError: another shape, channels that don't come last, or values that are not pixels.
    """
    array = as_array(images)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4:
        raise DataError(
            "unsupported images",
            where="images",
            expected="an array n h w or n h w c",
            got=f"shape {array.shape}",
            do="Reshape rows of 784 pixels with images.reshape(-1, 28, 28)."
            if array.ndim == 2
            else "",
        )
    check_axes(array.shape)
    wanted = None if range is None else ValueRange.of(range)
    if array.dtype == np.uint8 and (wanted is None or wanted.is_default):
        return np.ascontiguousarray(array)  # the core reads it through a pointer
    scale = scale_of(array)
    pixels = np.empty(array.shape, np.uint8)
    for first, block in _blocks(array):
        try:
            pixels[first : first + len(block)] = as_pixels(
                block, scale if wanted is None else wanted
            )
        except DataError as wrong:
            raise with_range(wrong, array, call) from None
    if wanted is not None and (note := coarse_note(pixels)):
        warn(note)
    return pixels


def _blocks(array: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yields blocks of images, each with the index of its first."""
    rows = max(1, BLOCK // max(1, array[:1].size))
    for first in range(0, len(array), rows):
        yield first, array[first : first + rows]


def scale_of(array: NDArray[Any]) -> int:
    """Returns the factor that makes pixels of values: 255 for booleans and floats up to 1, else 1.

    Raises:
        DataError: the values are no numbers.
    """
    if array.dtype.kind not in "biuf":
        raise DataError(
            "unsupported pixels", where="images", expected="numbers 0 to 255", got=array.dtype
        )
    if array.dtype.kind == "b":
        return 255
    if array.dtype.kind != "f":
        return 1
    for _, block in _blocks(array):
        if not (block <= 1).all():
            wrong = block[~np.isfinite(block)]
            if wrong.size:
                raise DataError("a pixel is not a finite number", where="images", got=wrong[0])
            return 1
    return 255


def as_pixels(block: NDArray[Any], scale: int | ValueRange) -> NDArray[np.uint8]:
    """Converts values to pixels, by a factor from `scale_of` or a range.

    Raises:
        DataError: a value is no pixel.
    """
    if isinstance(scale, ValueRange):
        return scale.quantize(block)
    if block.dtype == np.uint8:
        return block
    values = block if scale == 1 else block.astype(np.float64) * scale
    if values.dtype.kind == "f":
        # float16 holds k/255 to within 0.07/255; the others to within far less.
        near = 0.1 if block.dtype == np.float16 else 1e-3
        whole = np.rint(values)
        with np.errstate(invalid="ignore"):  # infinity - infinity: refused, not warned of
            wrong = ~(np.abs(values - whole) <= near)
        values = whole
    else:
        wrong = np.zeros(values.shape, bool)
    wrong |= (values < 0) | (values > 255)
    if wrong.any():
        raise DataError(
            "invalid pixel value",
            where="images",
            expected="whole numbers 0 to 255, or exact multiples of 1/255 from 0 to 1",
            got=block[wrong][0],
            do="Pass the raw 0–255 pixels, before any scaling or normalising; "
            "the network's first layer divides by 255.",
        )
    return values.astype(np.uint8)


def with_range(error: DataError, array: NDArray[Any], call: str) -> DataError:
    """Returns an error of `as_pixels` with the range that would fit the values.

    Args:
        error: the error.
        array: all values.
        call: the call that takes a range, as for `ValueRange.as_argument`.
    """
    likely = likely_range(array)
    if likely is None:
        return error
    if error.what == BEYOND:
        do = f"Pass {likely.as_argument(call)}, which holds all values."
    else:
        do = f"{error.do} Or pass the values of black and white: {likely.as_argument(call)}."
    return DataError(error.what, where=error.where, expected=error.expected, got=error.got, do=do)


def as_labels(
    labels: ArrayLike,
    class_names: Sequence[str] | None = None,
    *,
    multi_label: bool | None = None,
) -> tuple[Labels, tuple[str, ...]]:
    """Converts labels to class indices or multi-label rows, and returns the names of the classes.

    Args:
        labels: class indices (n, or n 1) of any integer type or of whole floats; or rows (n k) of 0
            and 1 of any type; or class names (n), or lists of them.
        class_names: the names of classes 0, 1, …; by default the names found, in natural order,
            where labels are names, else "0", "1", … up to the highest label or the width of the
            rows.
        multi_label: True keeps rows, False makes class indices of them, so that each must be
            one-hot; by default rows become class indices if all are one-hot.

    Returns:
        int32 class indices (n) or uint8 rows (n, k), and the names.

    Raises:
        DataError: a label is no class, none of the class names, or neither 0 nor 1.
    """
    lists = name_lists(labels)
    if lists is not None and multi_label is not False:
        known = tuple(class_names or in_natural_order(name for some in lists for name in some))
        return rows_of_names(lists, known), known
    array = np.asarray(labels)
    if array.ndim == 2 and array.shape[1] == 1 and not multi_label:
        array = array[:, 0]
    if array.ndim == 2 and (
        multi_label or (multi_label is None and array.any() and not _is_one_hot(array))
    ):
        rows = as_rows(array)
        names = [str(k) for k in range(rows.shape[1])] if class_names is None else class_names
        check_rows(rows, len(names), "labels")
        return rows, tuple(names)
    if multi_label:
        raise DataError(
            "unsupported labels",
            where="labels",
            expected="n×k rows of 0 and 1, as multi_label=True says",
            got=f"shape {array.shape}",
        )
    if array.ndim == 2:
        indices: NDArray[Any] = _from_one_hot(array)
        classes = array.shape[1]
    elif array.ndim != 1:
        raise DataError(
            "unsupported labels",
            where="labels",
            expected="n class indices, n class names, or n one-hot rows",
            got=f"shape {array.shape}",
        )
    elif array.dtype.kind in "SUO":
        return _from_names(array, class_names)
    else:
        indices = _to_integers(array)
        classes = int(indices.max(initial=0)) + 1
    if class_names is None:
        if classes > MOST_CLASSES:
            raise DataError(
                "a label is too high",
                where="labels",
                expected=f"at most {MOST_CLASSES - 1}",
                got=classes - 1,
                do="Are these labels class indices, counted from 0?",
            )
        class_names = [str(number) for number in range(classes)]
    _check_range(indices, len(class_names))
    return indices.astype(np.int32), tuple(class_names)


def check_counts(images: NDArray[Any], labels: ArrayLike, where: str) -> None:
    """Raises DataError if images have another order of axes, or another number than labels.

    Only shapes are read, no values.
    """
    lists = name_lists(labels)
    if lists is not None:
        labels = np.zeros(len(lists))
    given = labels if isinstance(labels, np.ndarray) else np.asarray(labels)
    count = len(given) if given.ndim else None
    check_axes(images.shape, count, where=where or "images")
    if count is not None and images.ndim in {3, 4} and count != len(images):
        raise counts_differ(len(images), count, where)


def counts_differ(images: int, labels: int, where: str) -> DataError:
    """Returns the error of so many images with another number of labels."""
    return DataError(
        "different numbers of images and labels",
        where=where or "split",
        expected=f"a label for each of {images} images",
        got=f"{labels} labels",
    )


def check_labels(labels: Labels, classes: int, where: str) -> None:
    """Raises DataError unless labels are indices of classes, or rows of 0 and 1 for each class."""
    if is_multi_label(labels):
        check_rows(labels, classes, where)
    else:
        _check_range(labels, classes, where)


def _check_range(indices: NDArray[Any], classes: int, where: str = "labels") -> None:
    """Raises DataError unless every class index is one of 0 … classes-1."""
    if len(indices) == 0 or (int(indices.min()) >= 0 and int(indices.max()) < classes):
        return
    place = int(np.flatnonzero((indices < 0) | (indices >= classes))[0])
    raise DataError(
        f"the label of image {place} is out of range",
        where=where,
        expected=f"0 to {classes - 1}",
        got=int(indices[place]),
    )


def check_names(names: Sequence[str], where: str) -> tuple[str, ...]:
    """Returns class names as a tuple; raises DataError unless all are different strings."""
    given: tuple[object, ...] = () if isinstance(names, str) else tuple(names)
    if not given or not all(isinstance(name, str) and name for name in given):
        raise DataError(
            "missing class names", where=where, expected="a name for each class", got=names
        )
    names = tuple(names)
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataError("two classes have the same name", where=where, got=repr(name))
        seen.add(name)
    return names


def _to_integers(array: NDArray[Any]) -> NDArray[Any]:
    """Converts class indices to integers: from integers, booleans or whole floats."""
    if array.dtype.kind in "iu":
        return array
    if array.dtype.kind == "b":
        return array.astype(np.int32)
    if array.dtype.kind == "f" and bool((np.abs(array) < 2**31).all()):
        whole = array.astype(np.int64)
        if np.array_equal(whole, array):
            return whole
    raise DataError(
        "unsupported labels",
        where="labels",
        expected="whole numbers, names or one-hot rows",
        got=f"{array.dtype}: {', '.join(map(str, array[:3]))}, …",
    )


def one_hot_rows(values: NDArray[Any]) -> int:
    """Counts the one-hot rows in a flat array; 0 if it holds none.

    One-hot rows are as many as their ones, which gives the length of a row.

    >>> one_hot_rows(np.array([0, 0, 1, 1, 0, 0]))
    2
    """
    rows = int(np.count_nonzero(values))
    if not rows or values.size % rows:
        return 0
    ones = values.reshape(rows, -1) == 1
    return rows if bool((ones.sum(axis=1) == 1).all()) else 0


def _is_one_hot(array: NDArray[Any]) -> bool:
    """Returns True if each row holds one 1, and 0 elsewhere."""
    if array.dtype.kind not in "biuf":
        return False
    one = (array == 1).sum(axis=1) == 1
    return bool((one & ((array != 0).sum(axis=1) == 1)).all())


def _from_one_hot(array: NDArray[Any]) -> NDArray[np.intp]:
    ones = array == 1
    wrong = (ones.sum(axis=1) != 1) | ((array != 0).sum(axis=1) != 1)
    if array.shape[1] == 0 or wrong.any():
        row = int(np.flatnonzero(wrong)[0]) if len(array) else 0
        raise DataError(
            f"row {row} is not one-hot",
            where="labels",
            expected="one 1, and 0 elsewhere",
            got=", ".join(map(str, array[row : row + 1].ravel()[:12])) or "no columns",
        )
    return np.nonzero(ones)[1]


def _from_names(
    array: NDArray[Any], class_names: Sequence[str] | None
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    found = [name for name in array.tolist() if not isinstance(name, str)]
    if found:
        raise DataError("a label is not a class name", where="labels", got=repr(found[0]))
    names = tuple(class_names) if class_names is not None else in_natural_order(array.tolist())
    numbers = {name: number for number, name in enumerate(names)}
    unknown = [name for name in array.tolist() if name not in numbers]
    if unknown:
        raise DataError(
            "unknown class name",
            where="labels",
            expected="one of " + ", ".join(names[:12]) + (", …" if len(names) > 12 else ""),
            got=unknown[0],
        )
    return np.array([numbers[name] for name in array.tolist()], dtype=np.int32), names
