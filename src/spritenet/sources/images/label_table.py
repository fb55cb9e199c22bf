"""Label tables of image files, one row per image, as Kaggle's `labels.csv` with `id,breed`.

A label table has a column with the paths or names of images, with or without suffixes. Its label
column is the one of that name, or the only other one, or there is a column for each class.
Several classes of an image are columns of 0 and 1, or names in one cell: "cat|dog".
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from spritenet.dataset.multi_label import SEPARATOR, split_label
from spritenet.dataset.natural_order import in_natural_order
from spritenet.errors import DataError
from spritenet.sources.field_names import LABELS, SPLITS, split_in_name
from spritenet.sources.file_names import is_image_file
from spritenet.sources.images.class_folders import Parts

__all__ = ["LabelTable", "label_table"]

SUFFIXES = (".csv", ".tsv")
LONGEST = 60  # characters of a row in a note
MOST_TABLES = 20
MOST_BYTES = 1 << 26
MOST_COLUMNS = 2_000
LABEL_NAMES = LABELS | {"label_name", "class_name", "category", "breed", "species", "emotion"}
SPLIT_NAMES = frozenset({"split", "set", "subset", "usage", "partition", "fold"})
BITS = frozenset({"0", "1", "0.0", "1.0"})
NO_LABELS = ("submission", "sample_sub")  # Kaggle's forms to fill in, with a made-up label each


Label = str | tuple[str, ...]
"""The class of an image, or its classes."""


@dataclass(frozen=True, slots=True)
class LabelTable:
    """The labels of images in tables.

    Args:
        images: the indices of the named files, in the tables' order.
        labels: the class of each; of multi-label tables its classes.
        splits: the split of each.
        tables: the indices of the tables.
        note: a note that names the columns.
        class_names: of multi-label tables; empty where an image has one class.
    """

    images: tuple[int, ...]
    labels: tuple[Label, ...]
    splits: tuple[str, ...]
    tables: tuple[int, ...]
    note: str
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Rows:
    """The image, label and split of each row of a table, and the names of columns of classes.

    `unused` has the names in rows that name no image, or several.
    """

    column: str
    label: str
    found: tuple[tuple[int, Label, str], ...]
    unused: tuple[str, ...]
    classes: tuple[str, ...] = ()

    def notes(self, table: str) -> list[str]:
        """Returns a note on the columns of the table, and one on its rows without an image."""
        columns = f"labels are from {table}, by its columns {self.column} and {self.label}"
        if not self.unused:
            return [columns]
        verb = "name" if len(self.unused) > 1 else "names"
        rows = f"{len(self.unused):,} of its rows {verb} no image here, or several"
        return [columns, f"{rows}: {self.unused[0][:LONGEST]!r}"]


def label_table(
    files: Sequence[Parts],
    read: Callable[[int], bytes],
    column: str | int | None = None,
    where: object = "",
) -> LabelTable | None:
    """Reads the tables that name images; None if there are none.

    Args:
        files: the paths of all files.
        read: reads a file by its index.
        column: the name or index of the label column; None to infer it.
        where: the folder or archive, for errors.

    Raises:
        DataError: the label column is ambiguous, or two tables disagree.
    """
    tables = [
        number
        for number, parts in enumerate(files)
        if parts[-1].lower().endswith(SUFFIXES)
        and len(parts) <= 2
        and not any(word in parts[-1].lower() for word in NO_LABELS)
    ]
    if not tables:
        return None
    known = _known(files)
    labelled: dict[int, tuple[Label, str]] = {}
    classes: list[str] = []
    used: list[int] = []
    notes: list[str] = []
    for number in tables[:MOST_TABLES]:
        name = "/".join(files[number])
        try:
            data = read(number)
        except DataError:
            continue  # too long, or damaged: it is named among the files that are no images
        rows = _rows(data, name, known, column, where)
        if rows is None:
            continue
        for image, label, split in rows.found:
            default = split or _split(files[image]) or split_in_name(files[number][-1]) or "train"
            earlier = labelled.setdefault(image, (label, default))
            if earlier[0] != label:
                raise DataError(
                    "an image has two labels",
                    where=f"{where}, {'/'.join(files[image])}",
                    got=f"{earlier[0]} and {label}",
                )
        classes += [name for name in rows.classes if name not in classes]
        used.append(number)
        notes += rows.notes(name)
    if not used:
        return None
    note = "; ".join(notes)
    if classes or any(SEPARATOR in label for label, _ in labelled.values()):
        lists = [split_label(one) if isinstance(one, str) else one for one, _ in labelled.values()]
        splits = tuple(split for _, split in labelled.values())
        names = tuple(classes) or in_natural_order(name for some in lists for name in some)
        return LabelTable(tuple(labelled), tuple(lists), splits, tuple(used), note, names)
    known_labels = {image: one for image, one in labelled.items() if one[0]}
    if not known_labels:
        return None
    labels, splits = zip(*known_labels.values(), strict=True)
    return LabelTable(tuple(known_labels), labels, splits, tuple(used), note)


def _split(parts: Parts) -> str | None:
    """Returns the split in the names of an image's folders."""
    return next((SPLITS[part.casefold()] for part in parts[:-1] if part.casefold() in SPLITS), None)


def _known(files: Sequence[Parts]) -> dict[str, int]:
    """Returns the index of each image by all names a table may use, except ambiguous ones."""
    known: dict[str, int] = {}
    often: Counter[str] = Counter()
    for number, parts in enumerate(files):
        if not is_image_file(parts[-1]):
            continue
        calls = {"/".join(parts[first:]) for first in range(len(parts))}
        calls |= {call.rpartition(".")[0] for call in calls}
        for call in calls:
            known[call] = number
            often[call] += 1
    return {call: number for call, number in known.items() if often[call] == 1}


def _rows(
    data: bytes, name: str, known: dict[str, int], column: str | int | None, where: object
) -> _Rows | None:
    """Reads the rows of a table; None if it names no images, or has no labels."""
    if len(data) > MOST_BYTES:
        return None
    text = data.decode("utf-8-sig", "replace")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        lines = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row]
    except csv.Error:
        return None
    if len(lines) < 2 or not 2 <= len(lines[0]) <= MOST_COLUMNS:
        return None
    head = [title.strip() for title in lines[0]]
    rows = [row for row in lines[1:] if len(row) == len(head)]
    sample = rows[:1000]
    hits = [
        len({row[place].strip() for row in sample} & known.keys()) for place in range(len(head))
    ]
    named = max(range(len(head)), key=lambda place: hits[place])
    if hits[named] < 1 or 2 * hits[named] < min(len(sample), len(set(known.values()))):
        return None
    split = _split_column(head, rows, named)
    others = [place for place in range(len(head)) if place not in {named, split}]
    several = _class_columns(head, rows, others, column)
    label: Callable[[list[str]], Label]
    if several:
        label, title = partial(_ones, head, several), ", ".join(repr(head[k]) for k in several)
    else:
        label, title = _label_column(head, rows, others, column, f"{where}, {name}")
    found: list[tuple[int, Label, str]] = []
    unused = [",".join(row) for row in lines[1:] if len(row) != len(head)]
    for row in rows:
        image = known.get(row[named].strip().lstrip("./"))
        if image is not None:
            part = SPLITS[row[split].strip().casefold()] if split >= 0 else ""
            found.append((image, label(row), part))
        else:
            unused.append(row[named])
    if not any(one for _, one, _ in found):
        return None
    classes = tuple(head[place] for place in several)
    return _Rows(repr(head[named]), title, tuple(found), tuple(unused), classes)


def _class_columns(
    head: list[str], rows: list[list[str]], others: list[int], column: str | int | None
) -> list[int]:
    """Returns the columns of 0 and 1 of which a row may have several 1s; empty if there are none.

    Args:
        head: the columns' names.
        rows: the rows.
        others: the columns that may hold labels.
        column: the label column as given; several are separated by commas.
    """
    if column is not None:
        names = [name.strip() for name in str(column).split(",")]
        given = [head.index(name) for name in names if name in head]
        if len(names) < 2 or len(given) != len(names) or str(column) in head:
            return []
        others = given
    elif any(head[place].casefold() in LABEL_NAMES for place in others) or len(others) < 2:
        return []
    bits = all(row[place].strip() in BITS for row in rows for place in others)
    return others if bits and (column is not None or not _is_one_hot(rows, others)) else []


def _ones(head: list[str], places: list[int], row: list[str]) -> tuple[str, ...]:
    """Returns the names of the columns in which a row has a 1."""
    return tuple(head[place] for place in places if float(row[place]) == 1)


def _split_column(head: list[str], rows: list[list[str]], named: int) -> int:
    """Returns the index of the column of splits; -1 if there is none."""
    for place, title in enumerate(head):
        if place != named and title.casefold() in SPLIT_NAMES:
            values = {row[place].strip().casefold() for row in rows}
            return place if values <= SPLITS.keys() else -1
    return -1


def _label_column(
    head: list[str],
    rows: list[list[str]],
    others: list[int],
    column: str | int | None,
    where: str,
) -> tuple[Callable[[list[str]], str], str]:
    """Returns a function that gives a row's label, and the column's name."""
    if column is not None:
        titles = [str(column)] if str(column) in head else []
        number = int(column) if str(column).lstrip("-").isdecimal() else len(head)
        if not titles and not -len(head) <= number < len(head):
            raise DataError("unknown column", where=where, expected=", ".join(head), got=column)
        place = head.index(titles[0]) if titles else number % len(head)
    else:
        called = [place for place in others if head[place].casefold() in LABEL_NAMES]
        candidates = called or others
        if len(candidates) != 1 and _is_one_hot(rows, others):
            return lambda row: next(
                (head[place] for place in others if float(row[place]) == 1), ""
            ), f"{len(others)} of classes"
        if len(candidates) != 1:
            raise DataError(
                "ambiguous label column",
                where=where,
                got=", ".join(head[:12]),
                do=f"Name it: label_column={head[others[0]]!r} (--label-column {head[others[0]]}).",
            )
        place = candidates[0]
    return lambda row: row[place].strip(), repr(head[place])


def _is_one_hot(rows: list[list[str]], places: list[int]) -> bool:
    """True if the columns are one-hot labels."""
    if len(places) < 2:
        return False
    for row in rows:
        values = [row[place].strip() for place in places]
        ones = sum(value in {"1", "1.0"} for value in values)
        if ones != 1 or not all(value in {"0", "1", "0.0", "1.0"} for value in values):
            return False
    return True
