"""Data sets and batches of other libraries, read into memory as images and labels.

PyTorch's Dataset and DataLoader, TensorFlow's tf.data, Keras's PyDataset, Hugging Face's datasets,
generators: they are known by what they can do, and none is imported. Everything is read once, an
item or a batch at a time, into arrays of a bounded size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from spritenet.model.image_collector import ImageCollector

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Collection", "class_names", "elements", "read", "split_element"]

LOOKED_AT = 8
"""Items that are read twice, to see whether they are the same each time."""

MOST_NESTED = 8
"""Data sets inside data sets: a DataLoader's, a Subset's."""

STREAM = (
    "To train, give steps_per_epoch: so many batches are then read anew for each epoch. "
    "Else take some: itertools.islice(batches, 100)."
)


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """Images and labels read from a collection.

    Attributes:
        images: uint8, n h w c.
        labels: class indices, names, one-hot rows or targets, n; None if it has none.
        weights: a factor for each image; None if it has none.
        class_names: as the collection knows them; empty if it doesn't.
        batch_size: images in the batches that it gives; None if it gives single ones.
    """

    images: NDArray[np.uint8]
    labels: NDArray[Any] | None
    weights: NDArray[Any] | None
    class_names: tuple[str, ...]
    batch_size: int | None


def read(x: object) -> Collection:
    """Reads all of a collection, once.

    Raises:
        DataError: it has no end, is too large, or its items are no images with labels.
    """
    if isinstance(x, Mapping):
        x = _part(x)
        if isinstance(x, Mapping):
            return _columns(x)
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
    images, labels, weights = collector.arrays()
    size = collector.batch_size
    if batched:
        size = int(getattr(x, "batch_size", None) or 1)
    return Collection(images, labels, weights, class_names(source), size)


def elements(x: object) -> Iterator[object]:
    """The items or batches of a collection, one at a time.

    Raises:
        DataError: it fails in giving one.
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
    """The image or images of an item or a batch, what they mean, and their weights.

    Args:
        element: an image; (image, label) or (image, label, weight); or a mapping of columns.
        source: where it is from; its `features` may say which column holds classes.

    Raises:
        DataError: it is something else.
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
            "an item is no image with its label",
            where=type(source).__name__,
            expected="(image, label) or (image, label, weight)",
            got=f"{len(parts)} parts",
        )
    return element, None, None


def _keys(row: Mapping[Any, object], features: Mapping[Any, object]) -> tuple[object, object]:
    """The columns of images and of labels; the latter None if there is none.

    Raises:
        DataError: there is no image, or several columns may be the label.
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
    """Tells if a column's value has rows and columns of its own."""
    if type(value).__module__.startswith("PIL."):
        return True
    if isinstance(value, list | np.ndarray) or is_foreign_array(value):
        return to_array(value).ndim >= 2
    return False


def _part(x: Mapping[Any, object]) -> object:
    """The training images of a mapping of splits, such as Hugging Face's; else itself."""
    if "train" in x and not any(name in x for name in (*IMAGE_NAMES, *LABEL_NAMES)):
        return x["train"]
    return x


def _columns(x: Mapping[Any, object]) -> Collection:
    """A mapping from columns to all their values."""
    image, label = _keys(x, {})
    collector = ImageCollector("columns", "")
    collector.add(x[image], None if label is None else x[label], None, batch=True)
    images, labels, weights = collector.arrays()
    return Collection(images, labels, weights, (), None)


def class_names(x: object) -> tuple[str, ...]:
    """The names of classes as a data set knows them, or one inside it; empty if none does."""
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
    """Tells if a tf.data.Dataset says that it never ends."""
    cardinality = getattr(x, "cardinality", None)
    if not callable(cardinality):
        return False
    try:
        return int(cardinality()) == -1  # tf.data.INFINITE_CARDINALITY
    except Exception:  # noqa: BLE001 - something else of that name
        return False


def _plain_loader(x: object) -> bool:
    """Tells if a DataLoader gives each item of its data set once, batched as PyTorch does.

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
    """Warns if items are others when they are read again: random transformations are frozen."""
    length = length_of(x)
    if not length or is_iterable_only(x):
        return
    thing: Any = x
    for place in range(min(LOOKED_AT, length)):
        try:
            first, second = (to_array(split_element(thing[place], x)[0]) for _ in range(2))
        except Exception:  # noqa: BLE001 - reading it says what is wrong
            return
        if first.shape != second.shape or not np.array_equal(first, second):
            warn(
                "the images are others each time they are read (random transformations?): they "
                "are read once, so every epoch sees the same; a DataLoader and steps_per_epoch "
                "read them anew"
            )
            return
