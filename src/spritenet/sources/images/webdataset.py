"""WebDataset shards: tars of images and labels, `000.png` and `000.cls` or `000.json`.

One tar or a folder of them, with the split in their names: `train-000000.tar`. Labels are read at
once, images on demand. https://github.com/webdataset/webdataset
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.dataset.natural_order import natural
from spritenet.errors import DataError
from spritenet.sources.field_names import sort_splits, split_in_name
from spritenet.sources.file_names import is_image_file
from spritenet.sources.folder_files import unused_notes
from spritenet.sources.images.archive_files import ArchiveStore, list_tar
from spritenet.sources.images.class_folders import Parts
from spritenet.sources.images.image_decoder import lazy_images
from spritenet.sources.images.image_spec import ImageSpec
from spritenet.sources.mmap_file import MappedFile

__all__ = ["is_webdataset", "pairs_of", "survey_webdataset"]

LABELS = (".cls", ".json")
KEYS = ("label", "cls", "class", "class_name", "target", "category")
"""Of a JSON file, in this order."""

LONGEST_LABEL = 1 << 16
MOST_TARS = 10_000
TARS = (".tar", ".tar.gz", ".tgz")
INTEGER = re.compile(r"[+-]?\d{1,9}")


@dataclass(frozen=True, slots=True)
class ShardStore:
    """A store of the images in several tars.

    Args:
        stores: the store of each tar.
        places: for each image the number of its store and its index there, int64, n × 2.
    """

    stores: tuple[ArchiveStore, ...]
    places: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.places)

    def name(self, place: int) -> str:
        """Returns the tar's path and the file's in it."""
        store, inside = map(int, self.places[place])
        return self.stores[store].name(inside)

    def read(self, place: int) -> bytes:
        """Reads an image's file."""
        store, inside = map(int, self.places[place])
        return self.stores[store].read(inside)


def is_webdataset(path: Path) -> bool:
    """True for a folder of tars."""
    return path.is_dir() and bool(_tars_in(path))


def _tars_in(folder: Path) -> list[Path]:
    found = [
        path
        for path in folder.iterdir()
        if path.name.lower().endswith(TARS) and not path.name.startswith(".") and path.is_file()
    ]
    return sorted(found, key=lambda path: natural(path.name))


def pairs_of(files: Sequence[Parts]) -> list[tuple[int, int]]:
    """Pairs images with their label files; [] for other archives.

    A key is a name up to its first dot: `a/000.img.png` belongs to `a/000.cls`.
    """
    labels: dict[Parts, int] = {}
    for suffix in reversed(LABELS):  # .cls counts before .json
        for number, parts in enumerate(files):
            if parts[-1].lower().endswith(suffix):
                labels[_key(parts)] = number
    images = [number for number, parts in enumerate(files) if is_image_file(parts[-1])]
    found = [(number, labels[key]) for number in images if (key := _key(files[number])) in labels]
    return found if 2 * len(found) >= len(images) else []


def _key(parts: Parts) -> Parts:
    return (*parts[:-1], parts[-1].partition(".")[0])


def survey_webdataset(
    path: Path, spec: ImageSpec, class_names: Sequence[str] | None = None
) -> LazyDataset:
    """Reads the labels of shards.

    Args:
        path: a tar, or a folder of tars.
        spec: the size and channels of the images.
        class_names: the names of classes 0, 1, …; by default the numbers or texts of the labels.

    Raises:
        DataError: a tar is damaged, has no labelled images, or unsupported labels.
    """
    tars = _tars_in(path) if path.is_dir() else [path]
    if len(tars) > MOST_TARS:
        raise DataError("has too many tars", where=path, expected=f"at most {MOST_TARS:,}")
    stores: list[ArchiveStore] = []
    places: list[tuple[int, int]] = []
    labels: list[int | str] = []
    splits: list[str] = []
    alone = 0
    for tar in tars:
        archive = MappedFile(tar)
        content = list_tar(archive)
        files = content.files
        pairs = pairs_of(files)
        alone += sum(is_image_file(parts[-1]) for parts in files) - len(pairs)
        names = tuple("/".join(parts) for parts in files)
        store = ArchiveStore(archive, names, content.span_array)
        for image, label in pairs:
            places.append((len(stores), image))
            labels.append(_label(store, label))
            splits.append(split_in_name(tar.name) or "train")
        stores.append(store)
    if not labels:
        raise DataError(
            "missing labels",
            where=path,
            expected="000.png and 000.cls, or 000.json with a label",
        )
    indices, names = _classes(labels, class_names, path)
    known = sort_splits(set(splits))
    notes = unused_notes(path, tars) if path.is_dir() else ()
    if alone:
        notes += (f"images without a label are left out: {alone:,}",)
    return lazy_images(
        path,
        ShardStore(tuple(stores), np.array(places, np.int64)),
        indices,
        names,
        np.array([known.index(split) for split in splits], np.int64),
        known,
        spec,
        notes,
    )


def _label(store: ArchiveStore, place: int) -> int | str:
    """Reads an image's label: a number, or a text."""
    where = store.name(place)
    if store.spans[place][2] > LONGEST_LABEL:
        raise DataError("is too long for a label", where=where, expected=f"at most {LONGEST_LABEL}")
    content = store.read(place)
    try:
        text = content.decode("utf-8-sig").strip()
        if where.lower().endswith(".json"):
            found = json.loads(text)
            if isinstance(found, dict):
                found = next((found[key] for key in KEYS if key in found), None)
            if isinstance(found, bool) or not isinstance(found, (int, str)):
                raise DataError(
                    "missing label", where=where, expected=" or ".join(KEYS[:3]), got=text[:40]
                )
            text = str(found).strip()
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise DataError("invalid label", where=where, got=error) from None
    if not text or len(text) > 200 or "\n" in text:
        raise DataError("invalid label", where=where, expected="a number or a name", got=text[:40])
    return int(text) if INTEGER.fullmatch(text) else text


def _classes(
    labels: Sequence[int | str], class_names: Sequence[str] | None, path: Path
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Converts labels to class indices and class names."""
    from spritenet.dataset.arrays import as_labels

    numbers = [label for label in labels if isinstance(label, int)]
    try:
        if len(numbers) == len(labels):
            return as_labels(np.array(numbers, np.int64), class_names)
        if class_names is not None:
            return as_labels(np.array([str(label) for label in labels], object), class_names)
        names = sorted({str(label) for label in labels}, key=natural)
        places = {name: place for place, name in enumerate(names)}
        return np.array([places[str(label)] for label in labels], np.int32), tuple(names)
    except DataError as error:
        raise DataError(
            error.what, where=path, expected=error.expected, got=error.got, do=error.do
        ) from None
