"""Dataset: splits with the same classes and image shape, with their origin and licence."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from spritenet.dataset.arrays import as_images, as_labels, check_counts, check_names
from spritenet.dataset.class_notes import class_notes
from spritenet.dataset.image_list import as_array
from spritenet.dataset.load_warnings import warn
from spritenet.dataset.multi_label import Labels, is_multi_label, multi_label_note
from spritenet.dataset.natural_order import in_natural_order
from spritenet.dataset.split import Split
from spritenet.dataset.value_range import RangeLike, dim_note, pixel_range_of
from spritenet.errors import DataError

__all__ = ["Dataset"]

FROM_ARRAYS = "range={range} to Dataset.from_arrays"


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Splits under their names: `data.train`, `data.test`, `data["validation"]`.

    Args:
        name: the data set's name.
        splits: at least one; all have these class names and one image shape.
        class_names: the classes' names.
        source: the author and the origin.
        licence: the licence's name.

    Raises:
        DataError: the splits have different classes, image shapes or pixel ranges, or only some
            are multi-label.
    """

    name: str
    splits: Mapping[str, Split]
    class_names: tuple[str, ...]
    source: str = ""
    licence: str = ""
    _memo: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.splits:
            raise DataError("missing splits", where=self.name)
        object.__setattr__(self, "class_names", check_names(self.class_names, self.name))
        first_name, first = next(iter(self.splits.items()))
        named = {}
        for name, split in self.splits.items():
            where = f"{self.name}, split {name}"
            if split.class_names != self.class_names:
                raise DataError(
                    "the splits have different classes",
                    where=where,
                    expected=_short(self.class_names),
                    got=_short(split.class_names),
                )
            if split.image_shape != first.image_shape:
                raise DataError(
                    "the splits have different image shapes",
                    where=where,
                    expected=f"{_size(first)} as in {first_name}",
                    got=_size(split),
                )
            if split.pixel_range != first.pixel_range:
                raise DataError(
                    "the splits have different pixel ranges",
                    where=where,
                    expected=f"{first.pixel_range or (0, 255)} as in {first_name}",
                    got=split.pixel_range or (0, 255),
                )
            if split.is_multi_label != first.is_multi_label:
                one = "several labels an image" if first.is_multi_label else "one label an image"
                raise DataError(
                    "only some splits are multi-label",
                    where=where,
                    expected=f"{one} as in {first_name}",
                    do="Pass multi_label=True to Split.from_arrays where rows may have several 1s.",
                )
            named[name] = split if split.name == name else dataclasses.replace(split, name=name)
        object.__setattr__(self, "splits", MappingProxyType(named))

    @classmethod
    def from_arrays(
        cls,
        train: tuple[object, ArrayLike],
        test: tuple[object, ArrayLike] | None = None,
        *,
        validation: tuple[object, ArrayLike] | None = None,
        class_names: Sequence[str] | None = None,
        name: str = "arrays",
        range: RangeLike | None = None,  # noqa: A002 - NumPy's word for it
        multi_label: bool | None = None,
    ) -> Dataset:
        """Makes a data set from arrays.

            (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
            data = Dataset.from_arrays((x_train, y_train), (x_test, y_test))

        Args:
            train: images and labels, as `Split.from_arrays` takes them.
            test: likewise; None for no such split.
            validation: likewise.
            class_names: by default the names found in all splits, in natural order, if labels are
                names; else "0", "1", … up to the highest label of any split.
            name: the data set's name.
            range: the values of black and white of all splits, as `Split.from_arrays` takes it.
            multi_label: as `Split.from_arrays` takes it; by default the rows of all splits
                together tell.

        Raises:
            DataError: unsupported images or labels, or different numbers of them.
        """
        given = {"train": train, "validation": validation, "test": test}
        pairs = {split: pair for split, pair in given.items() if pair is not None}
        arrays = {split: as_array(images) for split, (images, _) in pairs.items()}
        for split, (_, labels) in pairs.items():
            check_counts(arrays[split], labels, split)
        read = {split: as_labels(y, multi_label=multi_label) for split, (_, y) in pairs.items()}
        several = any(is_multi_label(found) for found, _ in read.values())
        names = class_names or _merge_names([own for _, own in read.values()])
        splits = {}
        for split, (_, labels) in pairs.items():
            indices, _ = as_labels(labels, names, multi_label=several or multi_label)
            array = arrays[split]
            pixels = as_images(array, range=range, call=FROM_ARRAYS)
            splits[split] = Split(pixels, indices, tuple(names), split, pixel_range_of(range))
        data = cls(name, splits, tuple(names))
        notes = [dim_note(split.images, FROM_ARRAYS) for split in splits.values() if len(split)]
        if range is None and notes and all(notes):
            warn(notes[0])
        every: Labels = np.concatenate([split.labels for split in splits.values()])
        if several and multi_label is None:
            warn(multi_label_note(every))
        if class_names is None or several:
            for line in class_notes(every, data.class_names):
                warn(line)
        return data

    def __getitem__(self, name: str) -> Split:
        """Returns the split of this name; raises DataError if there is none."""
        if name not in self.splits:
            has = ", ".join(self.splits)
            raise DataError(
                f"unknown split {name!r}",
                where=self.name,
                expected=f"one of {has}" if len(self.splits) > 1 else has,
                do="Name another, or split one: data.train.split(validation=0.1) in Python."
                if name in {"test", "validation"}
                else "",
            )
        return self.splits[name]

    @property
    def train(self) -> Split:
        """The training set."""
        return self["train"]

    @property
    def test(self) -> Split:
        """The test set."""
        return self["test"]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each image."""
        return next(iter(self.splits.values())).image_shape

    @property
    def is_multi_label(self) -> bool:
        """True if an image may have several classes or none: see `Split.is_multi_label`."""
        return next(iter(self.splits.values())).is_multi_label

    @property
    def pixel_range(self) -> tuple[float, float] | None:
        """The values of black and white in the original arrays; None for 0 and 255."""
        return next(iter(self.splits.values())).pixel_range

    @property
    def content_hash(self) -> str:
        """SHA-256, in hex, over a line "name hash" for each split, sorted by name.

        Equal images and labels under equal split names give equal hashes, whatever the format.
        """
        if "content" not in self._memo:
            from hashlib import sha256

            lines = [f"{name} {split.content_hash}\n" for name, split in self.splits.items()]
            self._memo["content"] = sha256("".join(sorted(lines)).encode()).hexdigest()
        return self._memo["content"]

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {len(split):,}" for name, split in self.splits.items())
        return f"Dataset({self.name!r}: {parts}, {_size(self)}, {_short(self.class_names)})"

    def __reduce__(self) -> tuple[type[Dataset], tuple[object, ...]]:
        """Pickles as a constructor call, as a read-only mapping can't be pickled."""
        splits = dict(self.splits)
        return Dataset, (self.name, splits, self.class_names, self.source, self.licence)

    def _repr_html_(self) -> str:
        from html import escape

        facts = " · ".join(escape(fact) for fact in (self.source, self.licence) if fact)
        title = f"<b>{escape(self.name)}</b>" + (f" · {facts}" if facts else "")
        figures = "".join(split._repr_html_() for split in self.splits.values())
        return f"<div>{title}</div>{figures}"


def _merge_names(found: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Returns the class names of several splits together."""
    if all(names == tuple(map(str, range(len(names)))) for names in found):
        return max(found, key=len)
    return in_natural_order(name for names in found for name in names)


def _size(images: Dataset | Split) -> str:
    """Returns height, width and channels for a message."""
    return "×".join(map(str, images.image_shape))


def _short(names: tuple[str, ...]) -> str:
    """Returns the first few class names for a message."""
    few = ", ".join(names[:4])
    return few if len(names) <= 4 else f"{len(names)} classes {few}, …"
