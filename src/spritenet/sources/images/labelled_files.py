"""Labelling of image files: by folders, by file names (`cat.0.png`), or by a label table.

Folders and archives share this module. It reads tables, and no images.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spritenet.dataset.multi_label import Labels, rows_of_names
from spritenet.dataset.natural_order import in_natural_order, natural
from spritenet.errors import DataError, InputError
from spritenet.sources.field_names import ORDER, SPLITS
from spritenet.sources.file_names import is_image_file
from spritenet.sources.images.class_folders import LOOSE, LabelledFiles, Parts, label_by_folder
from spritenet.sources.images.label_table import LabelTable, label_table

__all__ = ["LabelRule", "class_of_name", "label_files"]

NUMBERED = re.compile(r"(.+?)(?:[\s._-]+\(?\d+\)?|(?<=\D)\d+)")
"""cat.0, cat_0, cat-0, cat (0), cat0, 3_0017: the class before the number."""

WORD = re.compile(r"([^\s._-]+)[\s._-]")

NO_CLASSES = frozenset(
    {
        *("dsc", "dscn", "dscf", "img", "imgp", "image", "images", "photo", "picture", "pic"),
        *("pxl", "scan", "screenshot", "file", "frame", "p", "pict", "capture", "untitled"),
        *("snapshot", "mvi", "vid", "wp", "tile", "crop", "patch", "sample", "train", "test"),
    }
)
"""Names that cameras and programs give files."""


@dataclass(frozen=True, slots=True)
class LabelRule:
    """The source of labels.

    Args:
        label_from: "folder" or "name"; None to infer it.
        label_column: the name or index of a label table's column.

    Raises:
        InputError: an argument is unsupported, or both are given.
    """

    label_from: str | None = None
    label_column: str | int | None = None

    def __post_init__(self) -> None:
        if self.label_from not in {None, "folder", "name"}:
            raise InputError(
                "unsupported label_from",
                where="label_from",
                expected="folder or name",
                got=self.label_from,
            )
        if self.label_from is not None and self.label_column is not None:
            raise InputError("label_from and label_column are mutually exclusive")


def label_files(
    files: Sequence[Parts],
    folders: Sequence[Parts],
    read: Callable[[int], bytes],
    where: object,
    by: LabelRule,
) -> tuple[LabelledFiles, tuple[str, ...]]:
    """Labels image files, and returns warnings about the labels.

    Args:
        files: the paths of all files that are not hidden.
        folders: the paths of all folders that are not hidden.
        read: reads a file by its index.
        where: the folder or archive, for errors.
        by: the source of labels.

    Raises:
        DataError: there are no images, or their labels are missing or ambiguous.
    """
    if by.label_from is None:
        found = _by_table(files, folders, read, where, by.label_column)
        if found is not None:
            return found
        if by.label_column is not None:
            raise DataError(
                "missing label table",
                where=where,
                expected="labels.csv with a column of their names",
            )
    if by.label_from == "name":
        return _by_name(files, certain=False) or _no_names(files, where)
    try:
        return label_by_folder(files, folders, where), ()
    except DataError as error:
        if error.what != LOOSE or by.label_from == "folder":
            raise
        by_name = _by_name(files, certain=True)
        if by_name is not None:
            return by_name
        raise DataError(
            error.what,
            where=error.where,
            expected=error.expected,
            got=error.got,
            do=f"{error.do} Or, if their names begin with it as in cat.0.png, pass "
            'label_from="name" (--label-from name).',
        ) from None


def class_of_name(name: str, *, certain: bool = False) -> str | None:
    """Returns the class in an image's name; None if there is none.

    >>> class_of_name("cat.0.png"), class_of_name("3_0017.png"), class_of_name("0017.png")
    ('cat', '3', None)

    Args:
        name: the file's name.
        certain: accept only a class before a number, and no names that cameras give.
    """
    stem = name.rpartition(".")[0]
    match = NUMBERED.fullmatch(stem) or (None if certain else WORD.match(stem))
    found = match[1].strip() if match else None
    return None if certain and found and found.casefold() in NO_CLASSES else found


def _by_name(
    files: Sequence[Parts], *, certain: bool
) -> tuple[LabelledFiles, tuple[str, ...]] | None:
    """Labels images by their names; None if one has no class, or an uncertain one if `certain`."""
    images = [number for number, parts in enumerate(files) if is_image_file(parts[-1])]
    rows = []
    unnamed: Counter[str] = Counter()
    for number in images:
        parts = files[number]
        split = next(
            (SPLITS[part.casefold()] for part in parts[:-1] if part.casefold() in SPLITS), ""
        )
        name = class_of_name(parts[-1], certain=certain)
        if name is None:
            unnamed[split] += 1
        else:
            rows.append((split or "train", name, number))
    if not rows or unnamed.keys() & ({split for split, *_ in rows} | {""}):
        return None
    counts = Counter(name for _, name, _ in rows)
    if certain and (len(counts) < 2 or min(counts.values()) < 2):
        return None
    notes = [f"{count:,} images of {split} have no class in their names and were skipped"
             for split, count in unnamed.items()]  # fmt: skip
    if certain:
        notes.append(
            f"classes are the beginnings of the files' names: {_few(in_natural_order(counts))}"
        )
    rows.sort(key=lambda row: (natural(row[1]), row[1], natural(files[row[2]][-1]), files[row[2]]))
    others = tuple(parts for parts in files if not is_image_file(parts[-1]))
    return _collect(rows, others), tuple(notes)


def _no_names(files: Sequence[Parts], where: object) -> tuple[LabelledFiles, tuple[str, ...]]:
    images = [parts[-1] for parts in files if is_image_file(parts[-1])]
    without = [name for name in images if class_of_name(name) is None]
    raise DataError(
        "an image has no class in its name" if without else "no images found",
        where=where,
        expected="names such as cat.0.png or cat_12.jpg",
        got=without[0] if without else "no image",
    )


def _by_table(
    files: Sequence[Parts],
    folders: Sequence[Parts],
    read: Callable[[int], bytes],
    where: object,
    column: str | int | None,
) -> tuple[LabelledFiles, tuple[str, ...]] | None:
    """Labels images by tables; None if there are none, or if folders give the same labels."""
    try:
        table = label_table(files, read, column, where)
    except DataError:
        if column is None and _classes_in_folders(files, folders, where) is not None:
            return None
        raise
    if table is None:
        return None
    if column is None:
        found = _classes_in_folders(files, folders, where)
        if found is not None and _agree(table, found):
            return None
    rows = list(zip(table.splits, table.labels, table.images, strict=True))
    named = set(table.images) | set(table.tables)
    left = [parts for number, parts in enumerate(files) if number not in named]
    unlabelled = sum(is_image_file(parts[-1]) for parts in left)
    notes = [] if column is not None else [table.note]
    if unlabelled:
        many = "1 image is" if unlabelled == 1 else f"{unlabelled:,} images are"
        notes.append(f"{many} not in it and left out")
    others = tuple(parts for parts in left if not is_image_file(parts[-1]))
    return _collect(rows, others, table.class_names), tuple(notes)


def _classes_in_folders(
    files: Sequence[Parts], folders: Sequence[Parts], where: object
) -> LabelledFiles | None:
    """Labels images by folders; None unless two or more classes have images."""
    try:
        found = label_by_folder(files, folders, where)
    except DataError:
        return None
    return found if len(np.unique(found.labels)) > 1 else None


def _agree(table: LabelTable, found: LabelledFiles) -> bool:
    """True if a table and the folders give the same labels."""
    places = zip(found.chosen.tolist(), found.labels.tolist(), strict=True)
    classes = {image: found.class_names[label] for image, label in places}
    pairs = zip(table.images, table.labels, strict=True)
    return all(classes.get(image) == label for image, label in pairs)


def _collect(
    rows: Sequence[tuple[str, Any, int]],
    others: tuple[Parts, ...],
    several: tuple[str, ...] = (),
) -> LabelledFiles:
    """Makes labelled files.

    Args:
        rows: the split, class and index of each image; of multi-label files its classes.
        others: the paths of other files.
        several: the class names of multi-label files; empty where an image has one class.
    """
    class_names = several or in_natural_order(name for _, name, _ in rows)
    found = {split for split, _, _ in rows}
    split_names = tuple(split for split in ORDER if split in found)
    if several:
        labels: Labels = rows_of_names([names for _, names, _ in rows], class_names)
    else:
        classes = {name: number for number, name in enumerate(class_names)}
        labels = np.array([classes[name] for _, name, _ in rows], np.int32)
    return LabelledFiles(
        class_names,
        split_names,
        np.array([number for _, _, number in rows], np.int64),
        labels,
        np.array([split_names.index(split) for split, _, _ in rows], np.int64),
        others,
    )


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (f", {len(names) - 6:,} more" if len(names) > 6 else "")
