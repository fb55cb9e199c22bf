"""Multi-label rows: labels as an n×k matrix of 0 and 1, where an image has several classes or none.

The labels of a data set are either class indices (n) or such rows (n, k). The functions here work
with both, so that code that only moves, counts or hashes labels need not know which they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import DataError

__all__ = [
    "MOST_COLUMNS",
    "NO_LABEL",
    "SEPARATOR",
    "Labels",
    "as_rows",
    "check_rows",
    "class_counts",
    "content_bytes",
    "content_head",
    "empty_labels",
    "is_multi_label",
    "label_columns",
    "label_text",
    "multi_label_note",
    "name_lists",
    "rows_of_names",
    "split_label",
]

Labels = NDArray[Any]
"""int32 class indices (n), or uint8 rows (n, k) of 0 and 1."""

MOST_COLUMNS = 4096
"""Classes of a multi-label data set, at most: a row of labels takes a byte for each."""

NO_LABEL = "no label"
"""The text of a row without a 1."""

SEPARATOR = "|"
"""Between the classes in a label of several: "cat|dog"."""


def is_multi_label(labels: Labels) -> bool:
    """Returns True for rows, False for class indices."""
    return labels.ndim == 2


def label_columns(labels: Labels) -> int:
    """Returns k of rows (n, k); 0 for class indices."""
    return int(labels.shape[1]) if labels.ndim == 2 else 0


def empty_labels(count: int, columns: int) -> Labels:
    """Returns an uninitialized array of labels.

    Args:
        count: n.
        columns: k for rows (n, k); 0 for class indices (n).
    """
    return np.empty((count, columns), np.uint8) if columns else np.empty(count, np.int32)


def class_counts(labels: Labels, classes: int) -> NDArray[np.int64]:
    """Returns the number of images of each class, int64 (classes,)."""
    if labels.ndim == 2:
        return np.asarray(labels.sum(axis=0, dtype=np.int64))
    return np.bincount(labels, minlength=classes)


def content_head(shape: Sequence[int], columns: int) -> bytes:
    """Returns the line with which a content hash begins: n h w c, and k of multi-label rows."""
    sides = [*shape, columns] if columns else shape
    return " ".join(map(str, sides)).encode() + b"\n"


def content_bytes(labels: Labels) -> memoryview:
    """Returns the bytes of labels in a content hash: little-endian int32, or the rows."""
    return np.ascontiguousarray(labels if labels.ndim == 2 else labels.astype("<i4")).data


def as_rows(array: NDArray[Any], where: object = "labels") -> NDArray[np.uint8]:
    """Converts an n×k matrix of 0 and 1 of any type to uint8.

    Raises:
        DataError: a value is another one, or there is no column.
    """
    valid = (
        np.logical_or(array == 0, array == 1) if array.dtype.kind in "biuf" else np.zeros((1, 1))
    )
    if array.ndim != 2 or not array.shape[1] or not valid.all():
        place = np.argwhere(~valid.astype(bool))
        row = int(place[0][0]) if len(place) and len(array) else 0
        what = "holds other values than 0 and 1" if array.shape[1] else "has no columns"
        raise DataError(
            f"row {row} {what}",
            where=where,
            expected="0 and 1",
            got=", ".join(map(str, array[row : row + 1].ravel()[:12])) or "none",
        )
    return array.astype(np.uint8)


def check_rows(rows: NDArray[np.uint8], classes: int, where: str) -> None:
    """Raises DataError unless rows are of 0 and 1, a column for each class."""
    if rows.shape[1] != classes:
        raise DataError(
            "the labels don't fit the classes",
            where=where,
            expected=f"rows of {classes}",
            got=f"rows of {rows.shape[1]}",
        )
    if classes > MOST_COLUMNS:
        raise DataError(
            "too many classes for multi-label data",
            where=where,
            expected=f"at most {MOST_COLUMNS:,}",
            got=f"{classes:,}",
        )
    if rows.max(initial=0) > 1:
        row, column = np.argwhere(rows > 1)[0].tolist()
        raise DataError(
            f"a label of image {row} is neither 0 nor 1", where=where, got=int(rows[row, column])
        )


def label_text(label: Any, class_names: Sequence[str], between: str = ", ") -> str:  # noqa: ANN401 - an index or a row
    """Returns the name of a class index, or the names of a row's classes.

    >>> label_text(1, ["cat", "dog"]), label_text(np.array([1, 1]), ["cat", "dog"])
    ('dog', 'cat, dog')
    """
    if np.ndim(label) == 0:
        return class_names[int(label)]
    return between.join(class_names[k] for k in np.flatnonzero(label).tolist()) or NO_LABEL


def split_label(text: str) -> tuple[str, ...]:
    """Returns the class names in a label of several.

    >>> split_label("cat|dog"), split_label("")
    (('cat', 'dog'), ())
    """
    return tuple(name for part in text.split(SEPARATOR) if (name := part.strip()))


def name_lists(labels: object) -> list[list[str]] | None:
    """Returns labels that are a list of class names for each image; None for any others.

    >>> name_lists([["cat", "dog"], []]), name_lists(["cat", "dog"])
    ([['cat', 'dog'], []], None)
    """
    if not isinstance(labels, list | tuple) or not labels:
        return None
    if not all(isinstance(some, list | tuple | set | frozenset) for some in labels):
        return None
    lists = [sorted(some) if isinstance(some, set | frozenset) else list(some) for some in labels]
    names = [name for some in lists for name in some]
    return lists if names and all(isinstance(name, str) for name in names) else None


def rows_of_names(
    names: Sequence[Iterable[str]], class_names: Sequence[str], where: object = "labels"
) -> NDArray[np.uint8]:
    """Returns the rows of the classes' names of each image, uint8 (n, k).

    Raises:
        DataError: a name is none of the classes.
    """
    places = {name: place for place, name in enumerate(class_names)}
    rows = np.zeros((len(names), len(class_names)), np.uint8)
    for row, some in enumerate(names):
        for name in some:
            if name not in places:
                raise DataError(
                    "unknown class name",
                    where=where,
                    expected="one of " + ", ".join([*class_names][:12]),
                    got=name,
                )
            rows[row, places[name]] = 1
    return rows


def multi_label_note(rows: NDArray[np.uint8]) -> str:
    """Returns a note that labels were read as multi-label rows.

    >>> multi_label_note(np.array([[1, 1], [0, 0], [1, 0]], np.uint8))
    'labels are read as multi-label: of 3 images 1 has several, 1 none'
    """
    sums = rows.sum(axis=1)
    several, none = int((sums > 1).sum()), int((sums == 0).sum())
    have = "has" if several == 1 else "have"
    text = f"labels are read as multi-label: of {len(rows):,} images {several:,} {have} several"
    return f"{text}, {none:,} none" if none else text
