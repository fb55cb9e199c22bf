"""Class folders: splits and classes from the paths of images, such as `train/cat/1.png`.

Folders and archives share this module, so that a folder, its zip and its tar are one data set.
It has paths only and reads no files.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.multi_label import Labels
from spritenet.dataset.natural_order import in_natural_order, natural
from spritenet.errors import DataError
from spritenet.sources.field_names import ORDER, SPLITS
from spritenet.sources.file_names import is_image_file, unsupported_notes

__all__ = ["LOOSE", "LabelledFiles", "label_by_folder"]

Parts = tuple[str, ...]
"""A path from the folder down: ("train", "cat", "1.png")."""

LOOSE = "an image is in no class folder"


@dataclass(frozen=True, slots=True)
class LabelledFiles:
    """Image files with their classes and splits.

    Args:
        class_names: the classes, in natural order: "2" before "10".
        split_names: the splits, "train" first.
        chosen: the indices of the images among all paths, sorted by split, class and name.
        labels: int32 class indices of the images (n), or uint8 multi-label rows (n, k).
        split_of: the number of each image's split.
        others: the paths of other files.
    """

    class_names: tuple[str, ...]
    split_names: tuple[str, ...]
    chosen: NDArray[np.int64]
    labels: Labels
    split_of: NDArray[np.int64]
    others: tuple[Parts, ...]


def label_by_folder(
    paths: Sequence[Parts], folders: Iterable[Parts], where: object
) -> LabelledFiles:
    """Labels images by their folders.

    Args:
        paths: the paths of all files that are not hidden.
        folders: the paths of all folders that are not hidden, including empty ones.
        where: the folder or archive, for errors.

    Raises:
        DataError: there are no images, or some are in no class folder.
    """
    below = {folder for folder in folders if folder}
    holding = {path[:-1] for path in paths} | below
    below = {folder[:depth] for folder in holding for depth in range(1, len(folder) + 1)}
    depth = _shared(below, paths)
    tops = {folder[depth] for folder in below if len(folder) > depth}
    images = [number for number, path in enumerate(paths) if is_image_file(path[-1])]
    others = tuple(path for path in paths if not is_image_file(path[-1]))
    if not images:
        raise DataError(
            "no images found",
            where=where,
            expected="class/file.png, or train/class/file.png and test/class/file.png",
            got=", ".join("/".join(path) for path in paths[:3]) or "no files",
            do="; ".join(unsupported_notes("/".join(path) for path in paths)),
        )
    split = bool(tops) and all(top.casefold() in SPLITS for top in tops)
    needed = depth + 1 + split
    loose = [paths[number] for number in images if len(paths[number]) <= needed]
    if loose:
        name = "/".join(loose[0])
        raise DataError(
            LOOSE,
            where=where,
            expected="train/CLASS/file.png" if split else "CLASS/file.png",
            got=f"{name} and {len(loose) - 1:,} more" if len(loose) > 1 else name,
            do="Put the images of each class into a folder of its own.",
        )
    classes = {_name(folder[needed - 1]) for folder in below if len(folder) >= needed}
    class_names = in_natural_order(classes)
    split_names: tuple[str, ...] = ("train",)
    if split:
        found = {SPLITS[top.casefold()] for top in tops}
        split_names = tuple(name for name in ORDER if name in found)
    return _ordered(paths, images, others, class_names, split_names, needed, has_splits=split)


def _ordered(
    paths: Sequence[Parts],
    images: list[int],
    others: tuple[Parts, ...],
    class_names: tuple[str, ...],
    split_names: tuple[str, ...],
    needed: int,
    *,
    has_splits: bool,
) -> LabelledFiles:
    numbers = {name: number for number, name in enumerate(class_names)}
    places = {name: number for number, name in enumerate(split_names)}
    folders: dict[Parts, list[int]] = {}
    for number in images:
        folders.setdefault(paths[number][:-1], []).append(number)

    def place_of(folder: Parts) -> tuple[int, int, int, list[object], Parts]:
        split = places[SPLITS[folder[needed - 2].casefold()]] if has_splits else 0
        rest = folder[needed:]
        label = numbers[_name(folder[needed - 1])]
        return split, label, len(rest), [natural(part) for part in rest], folder

    chosen: list[int] = []
    labels: list[NDArray[np.int32]] = []
    split_of: list[NDArray[np.int64]] = []
    for place in sorted(map(place_of, folders)):
        files = _in_order(folders[place[-1]], paths)
        chosen += files
        labels.append(np.full(len(files), place[1], np.int32))
        split_of.append(np.full(len(files), place[0], np.int64))
    return LabelledFiles(
        class_names,
        split_names,
        np.array(chosen, np.int64),
        np.concatenate(labels),
        np.concatenate(split_of),
        others,
    )


def _in_order(files: list[int], paths: Sequence[Parts]) -> list[int]:
    """Sorts the files of a folder in natural order."""
    stems = [paths[number][-1].rpartition(".")[0] for number in files]
    if all(
        stem.isascii() and stem.isdecimal() for stem in stems
    ):  # nearly always: four times as fast
        keys = [
            (int(stem), paths[number], number) for stem, number in zip(stems, files, strict=True)
        ]
        return [number for _, _, number in sorted(keys)]
    return sorted(files, key=lambda number: (natural(paths[number][-1]), paths[number]))


def _shared(folders: set[Parts], paths: Sequence[Parts]) -> int:
    """Returns the depth of the common folder of all files: archives often have one.

    It must hold folders, and no images of its own.
    """
    depth = 0
    while True:
        tops = {folder[depth] for folder in folders if len(folder) > depth}
        within = {len(folder) > depth + 1 for folder in folders}
        loose = any(len(path) <= depth + 2 and is_image_file(path[-1]) for path in paths)
        if len(tops) != 1 or True not in within or loose:
            return depth
        if next(iter(tops)).casefold() in SPLITS:
            return depth
        depth += 1


def _name(folder: str) -> str:
    """Returns a class's name, composed: some systems write é as two characters."""
    return unicodedata.normalize("NFC", folder)
