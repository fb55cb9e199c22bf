"""EMNIST's IDX files: transposed images, and a mapping that names their classes.

`emnist-letters-mapping.txt` has a line a class: its label, then its characters' codes. Labels of
letters begin at 1. https://www.nist.gov/itl/products-and-services/emnist-dataset
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from spritenet.dataset import Dataset, Split
from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.errors import DataError

__all__ = ["is_emnist", "survey_emnist"]

NAME = re.compile(r"(.*emnist.*?[-_.])(?:train|test)[-_.].*", re.IGNORECASE)
MOST_BYTES = 1 << 16
UPRIGHT = "EMNIST's images lie on their side in its files: their rows and columns are exchanged"


def is_emnist(files: Iterable[Path]) -> bool:
    """True if a file's name is that of an EMNIST file."""
    return any(NAME.fullmatch(path.name) for path in files)


def survey_emnist(data: Dataset, files: Sequence[Path], *, named: bool) -> LazyDataset:
    """Transposes EMNIST's images, and names its classes by its mapping.

    Args:
        data: the data set as stored.
        files: its files.
        named: true if its classes have names already.

    Raises:
        DataError: the mapping is damaged, or lacks a label.
    """
    mapping = None if named else _mapping_beside(files)
    known = dict(enumerate(data.class_names)) if mapping is None else _names_in(mapping)
    names = tuple(known.values())
    places = np.full(max(len(data.class_names), max(known) + 1), -1, np.int32)
    places[list(known)] = np.arange(len(known))
    splits = {}
    for name, split in data.splits.items():
        labels = places[split.labels]
        if (labels < 0).any():
            raise DataError(
                "a label is not in the mapping",
                where=mapping,
                got=int(split.labels[np.argmin(labels)]),
            )
        images = np.ascontiguousarray(split.images.swapaxes(1, 2))
        splits[name] = Split(images, labels, names, name)
    listing = LazyDataset.from_dataset(replace(data, splits=splits, class_names=names)).with_notes(
        UPRIGHT
    )
    return (
        listing
        if mapping is None
        else listing.with_notes(f"classes are called as {mapping.name} says")
    )


def _mapping_beside(files: Sequence[Path]) -> Path | None:
    for path in files:
        match = NAME.fullmatch(path.name)
        mapping = path.with_name(f"{match[1]}mapping.txt") if match else path
        if match and mapping.is_file():
            return mapping
    return None


def _names_in(path: Path) -> dict[int, str]:
    """Reads the class of each label: "A", or "Aa" if it has two characters."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError("is too long", where=path, expected=f"at most {MOST_BYTES:,} bytes")
        rows = [list(map(int, line.split())) for line in path.read_text("ascii").splitlines()]
        found = {label: "".join(map(chr, codes)) for label, *codes in filter(None, rows)}
    except (OSError, ValueError, OverflowError) as error:
        raise DataError("the mapping can't be read", where=path, got=error) from None
    if not found or not all(found.values()) or not 0 <= min(found) <= max(found) < 256:
        raise DataError("invalid mapping", where=path, expected="lines like 1 65 97")
    return dict(sorted(found.items()))
