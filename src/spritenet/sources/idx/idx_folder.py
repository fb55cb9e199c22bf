"""Folders of IDX files: pairs images and labels by their names, and checks that they agree.

train-images-idx3-ubyte.gz   train-labels-idx1-ubyte.gz      as MNIST names them
t10k-images.idx3-ubyte       t10k-labels.idx1-ubyte          with a dot, unpacked
emnist-letters-test-images-idx3-ubyte.gz                     with a prefix

Files with other names are found by their magic numbers: idx_discovery.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset import Dataset, Split
from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.errors import DataError
from spritenet.sources.folder_files import unused_notes
from spritenet.sources.idx.emnist import is_emnist, survey_emnist
from spritenet.sources.idx.idx_discovery import find_by_magic, kind_of
from spritenet.sources.idx.idx_file import IMAGES, LABELS, IdxFile, open_idx
from spritenet.thread_pool import parallel_for

__all__ = ["CLASSES_FILE", "find_idx_files", "idx_role", "is_idx", "read_idx", "survey_idx"]

NAME = re.compile(
    r"(?P<prefix>|.+[-_.])(?P<split>train|test|t10k)[-_.]"
    r"(?P<kind>images|labels)[-.]idx[13]-ubyte(?P<gz>\.gz)?",
    re.IGNORECASE,
)
SPLITS = {"train": "train", "test": "test", "t10k": "test"}
RAW = "raw"  # torchvision keeps the files of <root>/MNIST in <root>/MNIST/raw
CLASSES_FILE = "classes.txt"
FEWEST_CLASSES = 10  # the names of MNIST and of data sets modelled on it

Role = tuple[str, str]
Found = dict[str, dict[Role, Path]]


def find_idx_files(folder: Path) -> Found:
    """Returns the IDX files of a folder by prefix ("" or "emnist-letters-") and (split, kind).

    If a file exists both gzipped and unpacked, the unpacked one is used.
    """
    found: Found = {}
    for path in sorted(folder.iterdir(), reverse=True):  # "…-ubyte.gz" first, "…-ubyte" replaces it
        match = NAME.fullmatch(path.name)
        if match and not path.name.startswith(".") and path.is_file():
            found.setdefault(match["prefix"], {})[idx_role(path.name)] = path
    return found


def idx_role(name: str) -> Role:
    """Returns a file's role by its name: ("train" or "test", "images" or "labels")."""
    match = NAME.fullmatch(name)
    if match is None:
        raise DataError("unknown name of an IDX file", where=name)
    return SPLITS[match["split"].lower()], match["kind"].lower()


def is_idx(path: Path) -> bool:
    """Returns True for an IDX file, and for a folder with IDX files in it or in `raw`."""
    if path.is_dir():
        if find_idx_files(path) or ((path / RAW).is_dir() and is_idx(path / RAW)):
            return True
        kinds = {kind for files in find_by_magic(path).values() for _, kind in files}
        return kinds == {"images", "labels"}
    return NAME.fullmatch(path.name) is not None or bool(kind_of(path))


def survey_idx(
    path: Path, class_names: Sequence[str] | None = None, labels: Path | None = None
) -> LazyDataset:
    """Reads IDX files as `read_idx` does; EMNIST's images are transposed, its classes named.

    Args:
        path: see `read_idx`.
        class_names: see `read_idx`.
        labels: the label file of the image file `path`, if it isn't in the same folder.

    Raises:
        DataError: see `read_idx`.
    """
    if labels is None:
        folder, files = _files_of(path)
    elif path.is_file():
        folder = path.parent
        files = {("train", "images"): path, ("train", "labels"): labels}
    else:
        raise DataError("labels need a single file of images", where=path, got="a folder")
    data = _read(folder, files, path, class_names)
    notes = unused_notes(folder, _used(folder, files)) if path.is_dir() else ()
    if not is_emnist(files.values()):
        return LazyDataset.from_dataset(data).with_notes(*notes)
    named = class_names is not None or (folder / CLASSES_FILE).is_file()
    return survey_emnist(data, list(files.values()), named=named).with_notes(*notes)


def _used(folder: Path, files: dict[Role, Path]) -> list[Path]:
    """Returns the files that are read, their gzipped copies, and the files of class names."""
    twins = [path.with_name(f"{path.name}.gz") for path in files.values()]
    mappings = list(folder.glob("*-mapping.txt")) if is_emnist(files.values()) else []
    return [*files.values(), *twins, *mappings, folder / CLASSES_FILE]


def read_idx(path: Path, class_names: Sequence[str] | None = None) -> Dataset:
    """Reads the data set of a folder, or the one to which this IDX file belongs.

    Args:
        path: a folder with IDX files; or an IDX file, which selects one of several data sets in its
            folder.
        class_names: the classes' names. By default the lines of `classes.txt`, else "0" to "9",
            and beyond if labels are higher.

    Returns:
        The splits found, "train" first. Images have one channel.

    Raises:
        DataError: there are no IDX files, or those of several data sets; files are damaged or
            disagree; or a label is no class.
    """
    folder, files = _files_of(path)
    return _read(folder, files, path, class_names)


def _read(
    folder: Path, files: dict[Role, Path], path: Path, class_names: Sequence[str] | None
) -> Dataset:
    """Reads the data set in these files, named after `path`."""
    if class_names is None and (folder / CLASSES_FILE).is_file():
        class_names = _read_names(folder / CLASSES_FILE)
    names = sorted({split for split, _ in files}, key=["train", "test"].index)
    pairs = {name: _open_pair(folder, files, name) for name in names}
    labels = {name: pair[1].read() for name, pair in pairs.items()}
    if class_names is None:
        class_names = _numbered_classes(labels, pairs)
    for name, values in labels.items():
        _check_labels(values, len(class_names), pairs[name][1].path)
    images = dict(zip(names, _read_together([pairs[name][0] for name in names]), strict=True))
    splits = {
        name: Split(
            images[name][..., np.newaxis], labels[name].astype(np.int32), tuple(class_names), name
        )
        for name in names
    }
    return Dataset(path.name or str(path), splits, tuple(class_names), source=str(path))


def _files_of(path: Path) -> tuple[Path, dict[Role, Path]]:
    if path.is_dir():
        folder, prefix = path, None
        if not find_idx_files(folder) and (folder / RAW).is_dir() and is_idx(folder / RAW):
            folder /= RAW
    else:
        match = NAME.fullmatch(path.name)
        folder, prefix = path.parent, match["prefix"] if match else ""
    found = find_idx_files(folder)
    if not found or (prefix is not None and prefix not in found):
        found = find_by_magic(folder)
        prefix = _holder(found, path) if path.is_file() else None
    if prefix is None and len(found) == 1:
        (prefix,) = found
    if prefix is None and len(found) > 1:
        raise DataError(
            "several data sets are in this folder",
            where=folder,
            got=", ".join(prefix.rstrip("-_.") or "one without a prefix" for prefix in found),
            do=f"Name one of its files, such as {next(iter(found[max(found)].values()))}.",
        )
    files = found.get(prefix or "", {})
    if not files:
        raise DataError(
            "no IDX files are in this folder", where=folder, expected="train-images-idx3-ubyte.gz"
        )
    return folder, files


def _holder(found: Found, path: Path) -> str | None:
    """Returns the prefix of the data set that a file belongs to."""
    path = path.absolute()
    for prefix, files in found.items():
        if any(file.absolute() == path for file in files.values()):
            return prefix
    return None


def _open_pair(folder: Path, files: dict[Role, Path], name: str) -> tuple[IdxFile, IdxFile]:
    """Reads the headers of a split's images and labels, and compares their numbers."""
    for kind in ("images", "labels"):
        if (name, kind) not in files:
            have = next(path.name for (split, _), path in files.items() if split == name)
            raise DataError(f"missing {kind} of the {name} split", where=folder, got=f"only {have}")
    images = open_idx(files[name, "images"], IMAGES)
    labels = open_idx(files[name, "labels"], LABELS)
    if images.shape[0] != labels.shape[0]:
        raise DataError(
            "different numbers of images and labels",
            where=labels.path,
            expected=f"{images.shape[0]:,} labels as {images.path.name} has images",
            got=f"{labels.shape[0]:,}",
            do="Are these files of the same data set?",
        )
    return images, labels


def _read_names(path: Path) -> list[str]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError("the class names can't be read", where=path, got=error) from None
    return [line.strip() for line in lines if line.strip()]


def _numbered_classes(
    labels: dict[str, NDArray[np.uint8]], pairs: dict[str, tuple[IdxFile, IdxFile]]
) -> list[str]:
    """Returns the names "0" to "9", and more if the labels go on without a gap.

    A single damaged label of 200 would otherwise make 201 classes.
    """
    used = np.zeros(256, bool)
    used[:FEWEST_CLASSES] = True
    for values in labels.values():
        used |= np.bincount(values, minlength=256) > 0
    classes = 256 if used.all() else int(np.argmin(used))
    for name, values in labels.items():
        path = pairs[name][1].path
        _check_labels(
            values,
            classes,
            path,
            do=f"No image has label {classes}. If these labels are right, write the names of all "
            f"classes into {path.with_name(CLASSES_FILE)}, one a line.",
        )
    return [str(number) for number in range(classes)]


def _check_labels(values: NDArray[np.uint8], classes: int, path: Path, do: str = "") -> None:
    """Raises DataError at the first label that is no class."""
    if int(values.max()) < classes:
        return
    place = int(np.argmax(values >= classes))
    raise DataError(
        f"the label of image {place} is out of range",
        where=path,
        expected=f"0 to {classes - 1}",
        got=int(values[place]),
        do=do,
    )


def _read_together(files: Sequence[IdxFile]) -> list[NDArray[np.uint8]]:
    """Reads the files in parallel threads, since inflating releases the GIL."""
    arrays: dict[int, NDArray[np.uint8]] = {}

    def read(place: int) -> None:
        arrays[place] = files[place].read()

    parallel_for(read, len(files), len(files))
    return [arrays[place] for place in range(len(files))]
