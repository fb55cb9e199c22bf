"""Collection reader: data sets and batches of other libraries, read into memory.

PyTorch's Dataset and DataLoader, TensorFlow's tf.data, Keras's PyDataset, Hugging Face's datasets
and generators are recognized by their members; none is imported. Everything is read once, an item
or a batch at a time, into arrays of bounded size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.dataset.load_warnings import warn
from spritenet.errors import DataError
from spritenet.model.foreign_arrays import (
    IMAGE_NAMES,
    LABEL_NAMES,
    column_named,
    is_foreign_array,
    is_iterable_only,
    length_of,
    to_array,
)
from spritenet.model.image_collector import ImageCollector, RawExamples

if TYPE_CHECKING:
    pass

__all__ = ["class_names", "elements", "read", "split_element"]

READ_TWICE = 8
"""Items that are read twice, to detect random transformations."""

MOST_NESTED = 8
"""Depth of data sets within data sets, such as a DataLoader's of a Subset."""

STREAM = (
    "To train, give steps_per_epoch: that many batches are then read in each epoch. "
    "Else take some: itertools.islice(batches, 100)."
)


def read(x: object) -> tuple[RawExamples, tuple[str, ...], int | None]:
    """Reads all of a collection, once.

    Returns:
        The images with labels; the names of the classes, empty if the collection doesn't know
        them; and the images in each of its batches, None if it yields single images.

    Raises:
        DataError: it has no end, is too large, or its items are no images with labels.
    """
    if isinstance(x, Mapping):
        x = _training_part(x)
        if isinstance(x, Mapping):
            return _read_columns(x), (), None
    name = type(x).__name__
    if _endless(x):
        raise DataError("it has no end, so it can't be read into memory", where=name, do=STREAM)
    batched = length_of(getattr(x, "dataset", None)) is not None and _plain_loader(x)
    source: Any = getattr(x, "dataset") if batched else x  # noqa: B009 - mypy knows no such field
    _check_repeats(source if batched or not is_iterable_only(x) else getattr(x, "dataset", None))
    in_order = is_iterable_only(source)
    collector = ImageCollector(name, STREAM if in_order else "")
    collector.expected = None if in_order else length_of(source)
    for element in elements(source):
        collector.add(*split_element(element, source))
    size = collector.batch_size
    if batched:
        size = int(getattr(x, "batch_size", None) or 1)
    return collector.collected(), class_names(source), size


def elements(x: object) -> Iterator[object]:
    """Yields the items or batches of a collection.

    Raises:
        DataError: one can't be read.
    """
    length = None if is_iterable_only(x) else length_of(x)
    thing: Any = x
    given = iter(thing) if length is None else (thing[place] for place in range(length))
    for place in count() if length is None else range(length):
        try:
            element = next(given)
        except StopIteration:
            return
        except Exception as error:
            raise DataError(
                f"item {place} can't be read",
                where=type(x).__name__,
                got=f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": "),
            ) from error
        yield element


def split_element(element: object, source: object = None) -> tuple[object, object, object]:
    """Returns the images of an item or a batch, their labels and their weights.

    Args:
        element: an image; (image, label) or (image, label, weight); or a mapping of columns.
        source: the collection, whose `features` may name the column of labels.

    Raises:
        DataError: it is none of these.
    """
    if isinstance(element, Mapping):
        features = getattr(source, "features", None)
        image, label = _keys(element, features if isinstance(features, Mapping) else {})
        return element[image], None if label is None else element[label], None
    if isinstance(element, tuple | list):
        parts = [*element]
        if len(parts) == 1:
            return parts[0], None, None
        if len(parts) == 2:
            return parts[0], parts[1], None
        if len(parts) == 3:
            return parts[0], parts[1], parts[2]
        raise DataError(
            "an item is not an image with its label",
            where=type(source).__name__,
            expected="(image, label) or (image, label, weight)",
            got=f"{len(parts)} parts",
        )
    return element, None, None


def _keys(row: Mapping[Any, object], features: Mapping[Any, object]) -> tuple[object, object]:
    """Returns the names of the columns of images and of labels; None if there are no labels.

    Raises:
        DataError: there is no column of images, or several may be the label.
    """
    image = column_named([*row], IMAGE_NAMES)
    if image is None:
        found = [key for key, value in row.items() if _is_image(value)]
        if len(found) != 1:
            raise DataError(
                "it isn't clear which column holds the images",
                where="columns",
                expected="one called image",
                got=", ".join(map(str, row)),
                do="Rename it: dataset.rename_column('…', 'image').",
            )
        image = found[0]
    label = column_named([key for key in row if key != image], LABEL_NAMES)
    if label is None:
        classes = [key for key in row if getattr(features.get(key), "names", None)]
        if len(classes) > 1:
            raise DataError(
                "several columns may be the label",
                where="columns",
                expected="one called label",
                got=", ".join(map(str, classes)),
                do=f"Choose one: dataset.rename_column({classes[0]!r}, 'label').",
            )
        label = classes[0] if classes else None
    return image, label


def _is_image(value: object) -> bool:
    """Returns True if the value of a column is an image."""
    if type(value).__module__.startswith("PIL."):
        return True
    if isinstance(value, list | np.ndarray) or is_foreign_array(value):
        return to_array(value).ndim >= 2
    return False


def _training_part(x: Mapping[Any, object]) -> object:
    """Returns the training split of a mapping of splits, such as Hugging Face's; else `x`."""
    if "train" in x and not any(name in x for name in (*IMAGE_NAMES, *LABEL_NAMES)):
        return x["train"]
    return x


def _read_columns(x: Mapping[Any, object]) -> RawExamples:
    """Reads a mapping from columns to all their values."""
    image, label = _keys(x, {})
    collector = ImageCollector("columns", "")
    collector.add(x[image], None if label is None else x[label], None, batch=True)
    return collector.collected()


def class_names(x: object) -> tuple[str, ...]:
    """Returns the class names that a data set has, or one within it; empty if none has."""
    for _ in range(MOST_NESTED):
        features = getattr(x, "features", None)
        if isinstance(features, Mapping):
            label = column_named([*features], LABEL_NAMES)
            named = [key for key, kind in features.items() if getattr(kind, "names", None)]
            key = label if label in named else (named[0] if len(named) == 1 else None)
            names = getattr(features.get(key), "names", None)
        else:
            names = getattr(x, "classes", None) or getattr(x, "class_names", None)
        if isinstance(names, list | tuple) and names and all(isinstance(n, str) for n in names):
            return tuple(names) if len(set(names)) == len(names) else ()
        inner = getattr(x, "dataset", None)
        if inner is None:
            break
        x = inner
    return ()


def _endless(x: object) -> bool:
    """Returns True for a tf.data.Dataset without an end."""
    cardinality = getattr(x, "cardinality", None)
    if not callable(cardinality):
        return False
    try:
        return int(cardinality()) == -1  # tf.data.INFINITE_CARDINALITY
    except Exception:  # noqa: BLE001 - something else of that name
        return False


def _plain_loader(x: object) -> bool:
    """Returns True if a DataLoader yields each item of its data set once, batched by PyTorch.

    Its data set is then read in stored order: a shuffled one would be in another order each time.
    """
    sampler = type(getattr(x, "sampler", None)).__name__
    collate = getattr(getattr(x, "collate_fn", None), "__name__", "")
    inner = getattr(x, "dataset", None)
    return (
        sampler in {"SequentialSampler", "RandomSampler"}
        and collate == "default_collate"
        and hasattr(inner, "__getitem__")
        and length_of(getattr(x, "sampler", None)) == length_of(inner)
        and not getattr(getattr(x, "sampler", None), "replacement", False)
        and not getattr(x, "drop_last", False)
        and bool(getattr(x, "batch_size", None))
    )


def _check_repeats(x: object) -> None:
    """Warns if items differ when they are read again: random transformations are then frozen."""
    length = length_of(x)
    if not length or is_iterable_only(x):
        return
    thing: Any = x
    for place in range(min(READ_TWICE, length)):
        try:
            first, second = (to_array(split_element(thing[place], x)[0]) for _ in range(2))
        except Exception:  # noqa: BLE001 - reading it says what is wrong
            return
        if first.shape != second.shape or not np.array_equal(first, second):
            warn(
                "the images are others each time they are read (random transformations?): they "
                "are read once, so every epoch sees the same; with a DataLoader and "
                "steps_per_epoch they are read in each epoch"
            )
            return
