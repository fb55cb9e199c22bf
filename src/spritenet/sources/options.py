"""How a data set is to be read, and which of that means something for what it is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import cast

from spritenet.dataset.pixel_range import PixelRange
from spritenet.errors import InputError
from spritenet.sources.image_spec import Form
from spritenet.sources.labelled_files import LabelledBy
from spritenet.sources.origin import Source
from spritenet.sources.size import ImageSize

__all__ = ["Options"]

FOR = {
    "class_names": "for files that hold no names of classes",
    "size": "for pictures",
    "fit": "for pictures",
    "color": "for pictures",
    "image_size": "for images stored as rows: a PNG that is no sprite, a CSV, an npz",
    "labels": "for a PNG that is no sprite, an npy or IDX file",
    "train": "for a PNG that is no sprite",
    "label_column": "for tables: CSV, text and parquet, and tables beside pictures",
    "label_from": "for folders and archives of images",
    "tile": "for a PNG, or a folder of PNGs, that holds images side by side",
    "bits": "for images of 16 bits",
    "range": "for images stored as floats or as integers other than 0 to 255",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for; None is nothing. `spritenet.sources.load` describes them."""

    class_names: Sequence[str] | None = None
    size: ImageSize | None = None
    fit: str | None = None
    color: str | None = None
    image_size: ImageSize | None = None
    labels: Source | None = None
    train: int | None = None
    label_column: str | int | None = None
    label_from: str | None = None
    tile: ImageSize | None = None
    bits: int | None = None
    range: tuple[float, float] | str | None = None

    @property
    def labels_path(self) -> Path | None:
        """The file of the labels, on this machine."""
        return None if self.labels is None else Path(os.fspath(cast("Path", self.labels)))

    @property
    def form(self) -> Form:
        """The form of pictures.

        Raises:
            InputError: it is none.
        """
        return Form.of(self.size, self.fit, self.color, self.bits)

    @property
    def labelled_by(self) -> LabelledBy:
        """How the classes of pictures are found.

        Raises:
            InputError: in no such way.
        """
        return LabelledBy(self.label_from, self.label_column)

    @property
    def pixel_range(self) -> PixelRange | None:
        """The values of black and white, from `range` or `bits`.

        Raises:
            InputError: it is none, or both are given.
        """
        if self.range is not None and self.bits is not None:
            raise InputError("range and bits are mutually exclusive", where="bits")
        if self.bits is not None:
            return PixelRange.of_bits(self.bits)
        return None if self.range is None else PixelRange.of(self.range)

    def only(self, known: Sequence[str], where: object) -> None:
        """Raises InputError for what was asked for and means nothing here."""
        for option in fields(self):
            if getattr(self, option.name) is not None and option.name not in known:
                raise InputError(f"{option.name} is {FOR[option.name]}", where=where)

    def none_given(self, name: str) -> None:
        """Raises InputError for anything that was asked for: the catalog knows its data sets."""
        if self.class_names is not None:
            raise InputError(f"{name} has class names of its own", where="class_names")
        self.only((), name)
