"""Read options: the arguments of `load` and `survey`, and their checks."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self, cast

from spritenet.dataset.value_range import ValueRange
from spritenet.errors import InputError
from spritenet.sources.image_size import ImageSize
from spritenet.sources.images.image_spec import ImageSpec
from spritenet.sources.images.labelled_files import LabelRule
from spritenet.sources.remote.origin import FileOrPath

__all__ = ["ReadOptions"]

SUPPORTED_BY = {
    "class_names": "for files without class names",
    "size": "for image files",
    "fit": "for image files",
    "color": "for image files",
    "image_size": "for images stored as rows: a PNG that is not a sprite, a CSV, an npz",
    "labels": "for a PNG that is not a sprite, an npy or IDX file",
    "train": "for a PNG that is not a sprite",
    "label_column": "for tables: CSV, text and parquet, and label tables of image files",
    "label_from": "for folders and archives of images",
    "tile": "for a PNG, or a folder of PNGs, that holds images side by side",
    "bits": "for images of 16 bits",
    "range": "for images stored as floats or as integers other than 0 to 255",
}


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """The arguments of `spritenet.sources.load`, which describes them; None for the default."""

    class_names: Sequence[str] | None = None
    size: ImageSize | None = None
    fit: str | None = None
    color: str | None = None
    image_size: ImageSize | None = None
    labels: FileOrPath | None = None
    train: int | None = None
    label_column: str | int | None = None
    label_from: str | None = None
    tile: ImageSize | None = None
    bits: int | None = None
    range: tuple[float, float] | str | None = None

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Self:
        """Returns the options among the arguments of a function, its `locals()`."""
        return cls(**{option.name: arguments[option.name] for option in fields(cls)})

    @property
    def labels_path(self) -> Path | None:
        """The local file of the labels."""
        return None if self.labels is None else Path(os.fspath(cast("Path", self.labels)))

    @property
    def image_spec(self) -> ImageSpec:
        """The size and channels of image files.

        Raises:
            InputError: an option is out of range.
        """
        return ImageSpec.of(self.size, self.fit, self.color, self.bits)

    @property
    def label_rule(self) -> LabelRule:
        """The source of the labels of image files.

        Raises:
            InputError: an option is out of range.
        """
        return LabelRule(self.label_from, self.label_column)

    @property
    def pixel_range(self) -> ValueRange | None:
        """The values of black and white, from `range` or `bits`.

        Raises:
            InputError: the range is invalid, or both are given.
        """
        if self.range is not None and self.bits is not None:
            raise InputError("range and bits are mutually exclusive", where="bits")
        if self.bits is not None:
            return ValueRange.of_bits(self.bits)
        return None if self.range is None else ValueRange.of(self.range)

    def check_supported(self, known: Sequence[str], where: object) -> None:
        """Raises InputError if an option is given that the format doesn't support."""
        for option in fields(self):
            if getattr(self, option.name) is not None and option.name not in known:
                raise InputError(f"{option.name} is {SUPPORTED_BY[option.name]}", where=where)

    def check_none(self, name: str) -> None:
        """Raises InputError if any option is given: data sets of the catalog take none."""
        if self.class_names is not None:
            raise InputError(f"{name} has class names of its own", where="class_names")
        self.check_supported((), name)
