"""Changes: what to do with images of a data set, as a CSV file; made in a copy of the data set."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from spritenet.atomic import write_file
from spritenet.dataset import Dataset, Split
from spritenet.errors import DataError

__all__ = ["COLUMNS", "Action", "Change", "apply_changes", "read_changes", "write_changes"]

Action = Literal["relabel", "remove", "keep"]

COLUMNS = ("split", "index", "label", "action", "to", "reason", "score")
LARGEST = 64 << 20
"""Bytes of a file of changes."""


@dataclass(frozen=True, slots=True)
class Change:
    """The decision about one image.

    Attributes:
        split: the name of its split.
        index: of the image in it.
        label: its class now, which must still be so when the change is made.
        action: "relabel", "remove", or "keep", which does nothing.
        to: the new class of "relabel"; "" otherwise.
        reason: why, in words.
        score: how sure that is, as the finding gives it.
    """

    split: str
    index: int
    label: str
    action: Action
    to: str = ""
    reason: str = ""
    score: float = 0.0


def write_changes(changes: Iterable[Change], path: Path) -> None:
    """Writes changes as CSV, beside and renamed.

    Raises:
        RunError: the file can't be written.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(
        (c.split, c.index, c.label, c.action, c.to, c.reason, f"{c.score:.4f}") for c in changes
    )
    write_file(path, text.getvalue().encode())


def read_changes(path: Path) -> list[Change]:
    """Reads a CSV file of changes.

    Raises:
        DataError: it can't be read, or a row is wrong.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise DataError(
                "the file of changes is too large", where=path, expected="64 MB", got=f"{size:,}"
            )
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError("the changes can't be read", where=path, got=error) from error
    rows = csv.reader(io.StringIO(text))
    head = next(rows, [])
    needed = ("split", "index", "action")
    if any(name not in head for name in needed):
        raise DataError(
            "this is no file of changes",
            where=path,
            expected=f"the columns {', '.join(COLUMNS)}",
            got=", ".join(head)[:80] or "an empty file",
            do="`spritenet clean DATA --changes FILE` writes one.",
        )
    return [
        _change(dict(zip(head, row, strict=False)), f"{path}, line {rows.line_num}")
        for row in rows
        if any(row)
    ]


def _change(row: dict[str, str], where: str) -> Change:
    """Returns a row as a change.

    Raises:
        DataError: the index is no number, or the action unknown.
    """
    index, action, to = row.get("index", ""), row.get("action", ""), row.get("to", "")
    if not index.isdecimal():
        raise DataError("the index is no number", where=where, got=repr(index))
    score = row.get("score", "")
    try:
        number = float(score or 0)
    except ValueError:
        raise DataError("the score is no number", where=where, got=repr(score)) from None
    given = row.get("split", ""), int(index), row.get("label", "")
    if action == "relabel":
        if not to:
            raise DataError("the new class is missing", where=where, expected="a class under `to`")
        return Change(*given, "relabel", to, row.get("reason", ""), number)
    if action == "remove":
        return Change(*given, "remove", "", row.get("reason", ""), number)
    if action in {"keep", ""}:
        return Change(*given, "keep", "", row.get("reason", ""), number)
    raise DataError(
        "unknown action", where=where, expected="relabel, remove or keep", got=repr(action)
    )


def apply_changes(data: Dataset, changes: Sequence[Change], *, where: object = "") -> Dataset:
    """Returns a copy of a data set with changes made; the data set itself stays.

    Args:
        data: the data set that the changes are about, with one label an image.
        changes: at most one relabelling or removal for each image.
        where: the changes' origin, for messages.

    Raises:
        DataError: a split, an image or a class isn't there, an image has another label than the
            change says, two changes contradict each other, or no image is left in a split.
    """
    place = where or "changes"
    if data.is_multi_label:
        raise DataError(
            "an image of this data set has several labels", where=data.name, expected="one label"
        )
    splits = dict(data.splits)
    for name, own in _by_split(changes, place).items():
        if name not in splits:
            raise DataError(
                "unknown split", where=place, expected=", ".join(splits), got=repr(name)
            )
        splits[name] = _changed(splits[name], own, f"{place}, {name}")
    return replace(data, splits=splits)


def _by_split(changes: Sequence[Change], place: object) -> dict[str, dict[int, Change]]:
    """Returns the change of each image that something is done with.

    Raises:
        DataError: two changes contradict each other.
    """
    found: dict[str, dict[int, Change]] = {}
    for change in changes:
        if change.action == "keep":
            continue
        before = found.setdefault(change.split, {}).setdefault(change.index, change)
        if (before.action, before.to) != (change.action, change.to):
            raise DataError(
                "two changes of one image", where=place, got=f"{change.split} {change.index}"
            )
    return found


def _changed(split: Split, changes: dict[int, Change], place: str) -> Split:
    """Returns a copy of a split with changes made.

    Raises:
        DataError: an image or a class isn't there, a label is another, or no image is left.
    """
    numbers = {name: number for number, name in enumerate(split.class_names)}
    labels, kept = split.labels.copy(), np.ones(len(split), bool)
    for index, change in changes.items():
        if index >= len(split):
            raise DataError(
                "unknown image",
                where=place,
                expected=f"an index below {len(split)}",
                got=index,
            )
        now = split.class_names[int(split.labels[index])]
        if change.label and change.label != now:
            raise DataError(
                "the changes are about other data",
                where=f"{place} {index}",
                expected=f"label {now}",
                got=change.label,
            )
        if change.action == "remove":
            kept[index] = False
        elif change.to in numbers:
            labels[index] = numbers[change.to]
        else:
            raise DataError(
                "unknown class",
                where=f"{place} {index}",
                expected=", ".join(split.class_names[:10]),
                got=repr(change.to),
            )
    if not kept.any():
        raise DataError("no image would be left", where=place)
    return replace(split, images=split.images[kept], labels=labels[kept])
