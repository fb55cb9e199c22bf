"""Unpacking: writes a data set as IDX files, an npz file or a folder of PNGs."""

from __future__ import annotations

import csv
import os
import re
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, overload

import numpy as np
from numpy.typing import NDArray

from spritenet.atomic import new_file, new_folder
from spritenet.core.png import COLOUR_TYPES, encode_png
from spritenet.core.pool import threads
from spritenet.dataset import Dataset
from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.dataset.load_warnings import LoadWarnings
from spritenet.dataset.multi_label import is_multi_label
from spritenet.destination import destination
from spritenet.errors import DataError, InputError
from spritenet.sources.idx.idx_file import IMAGES, LABELS
from spritenet.sources.idx.idx_folder import CLASSES_FILE
from spritenet.sprites.image_block import ImageBlock, read_block
from spritenet.thread_pool import parallel_for

if TYPE_CHECKING:
    from zipfile import ZipFile

__all__ = ["KINDS", "Kind", "unpack"]

Kind = Literal["idx", "folder", "npz"]
KINDS: tuple[Kind, ...] = ("idx", "folder", "npz")

Progress = Callable[[int], object]
Parts = Iterator[ImageBlock]
LABELS_FILE = "labels.csv"
NPZ_NAMES = {"validation": "val"}  # as Keras's guides call it
IDX_NAMES = {"train": "train", "test": "t10k"}
UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]|^\.|[. ]$')  # not allowed on some system
BLOCK_BYTES = 1 << 26
"""Of pixels that are in memory at a time, where they are read when they are wanted."""


@overload
def unpack(
    data: Dataset | LazyDataset,
    path: os.PathLike[str],
    to: Kind | None = ...,
    *,
    strict: bool = ...,
    load_warnings: LoadWarnings | None = ...,
    progress: Progress | None = ...,
) -> Path: ...
@overload
def unpack(
    data: Dataset | LazyDataset,
    path: str,
    to: Kind | None = ...,
    *,
    strict: bool = ...,
    load_warnings: LoadWarnings | None = ...,
    progress: Progress | None = ...,
) -> Path | str: ...
def unpack(
    data: Dataset | LazyDataset,
    path: str | os.PathLike[str],
    to: Kind | None = None,
    *,
    strict: bool = False,
    load_warnings: LoadWarnings | None = None,
    progress: Progress | None = None,
) -> Path | str:
    """Writes a data set in a format that other programs read, completely or not at all.

    Args:
        data: a `Dataset`, or a lazy data set from `spritenet.sources.survey`, whose images are read
            block by block.
        path: the folder, or the file if `to` is "npz"; or the address of a store, such as
            `s3://bucket/digits` (extra `fsspec`), to which it is uploaded.
        to: "idx": MNIST's four files, and `classes.txt`, in a folder. "folder": a PNG for each
            image, in `train/CLASS/000000.png`; of multi-label data in `train/000000.png`, with
            `labels.csv` that has a column of 0 and 1 for each class. "npz": one file with Keras's
            arrays `x_train`, `y_train`, `x_val`, `x_test`, … and `class_names`. By default "npz" if
            the path ends in .npz, else "folder".
        strict: True raises an error for an unreadable image; by default it is skipped.
        load_warnings: collects skipped images and notes; by default they are issued as warnings.
        progress: called with the number of images done since the last call, from any thread.

    Returns:
        The path, or the address.

    Raises:
        InputError: the format can't hold the data, or the address is a web address.
        MissingExtraError: the library for the store isn't installed.
        DataError: the path exists, or writing fails; nothing is changed.
    """
    target = Path(path)
    kind = to or ("npz" if target.suffix == ".npz" else "folder")
    if kind not in KINDS:
        expected = "one of " + ", ".join(KINDS)
        raise InputError("unsupported format", where="to", expected=expected, got=kind)
    listing = data if isinstance(data, LazyDataset) else LazyDataset.from_dataset(data)
    collected = LoadWarnings() if load_warnings is None else load_warnings
    collected.add(notes=listing.notes)

    def parts(first: int, stop: int) -> Parts:
        step = max(1, BLOCK_BYTES // int(np.prod(listing.image_shape)))
        for low in range(first, stop, step):
            part = read_block(listing, low, min(low + step, stop), strict=strict)
            collected.add(part.left_out, part.notes)
            yield part
            if progress is not None:
                progress(min(low + step, stop) - low)

    splits = {name: parts(first, stop) for name, first, stop in listing.splits}
    with destination(path) as place:
        if kind == "npz":
            _write_npz(listing, splits, place.path)
        else:
            with new_folder(place.path) as fresh:
                try:
                    (_write_idx if kind == "idx" else _write_images)(listing, splits, fresh)
                except OSError as error:
                    reason = error.strerror or error
                    raise DataError("can't be written", where=target, got=reason) from None
    if load_warnings is None:
        collected.warn()
    return place.of(place.path)


def _write_npz(listing: LazyDataset, splits: dict[str, Parts], target: Path) -> None:
    from zipfile import ZIP_DEFLATED, ZipFile

    sides = listing.image_shape[: 2 if listing.image_shape[2] == 1 else 3]
    with new_file(target) as file, ZipFile(file, "w", ZIP_DEFLATED) as opened:
        for name, parts in splits.items():
            short = NPZ_NAMES.get(name, name)
            labels = []
            with tempfile.TemporaryFile() as pixels:  # the number of images is known at the end
                for part in parts:
                    pixels.write(part.images.data)
                    labels.append(part.labels)
                together = np.concatenate(labels or [listing.labels[:0]])
                pixels.seek(0)
                with _member(opened, f"x_{short}") as out:
                    shape = (len(together), *sides)
                    facts = {"descr": "|u1", "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(out, facts)
                    shutil.copyfileobj(pixels, out, 1 << 20)
            _write_array(opened, f"y_{short}", together)
        _write_array(opened, "class_names", np.array(listing.class_names))


def _member(opened: ZipFile, name: str) -> IO[bytes]:
    """Opens a new array in an npz, with a fixed date, so that equal data gives equal bytes."""
    from zipfile import ZIP_DEFLATED, ZipInfo

    info = ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
    info.compress_type = ZIP_DEFLATED
    return opened.open(info, "w", force_zip64=True)


def _write_array(opened: ZipFile, name: str, array: NDArray[np.generic]) -> None:
    with _member(opened, name) as out:
        np.lib.format.write_array(out, array, allow_pickle=False)


def _write_idx(listing: LazyDataset, splits: dict[str, Parts], folder: Path) -> None:
    height, width, channels = listing.image_shape
    if is_multi_label(listing.labels):
        raise InputError(
            "IDX files only hold one label an image",
            where=listing.name,
            do='Write an npz or a folder: to="npz" (spritenet unpack --to npz).',
        )
    if channels != 1 or len(listing.class_names) > 256:
        raise InputError(
            "IDX files only hold grey images of at most 256 classes",
            where=listing.name,
            got=f"{channels} channels, {len(listing.class_names)} classes",
        )
    unknown = [name for name in splits if name not in IDX_NAMES]
    if unknown:
        raise InputError(
            "IDX files have no name for a split",
            where=listing.name,
            expected="train and test",
            got=unknown[0],
        )
    for name, parts in splits.items():
        stem = IDX_NAMES[name]
        labels = []
        with (folder / f"{stem}-images-idx3-ubyte").open("xb") as file:
            file.write(struct.pack(">IIII", IMAGES, 0, height, width))
            for part in parts:
                file.write(part.images.data)
                labels.append(part.labels.astype(np.uint8))
            together = np.concatenate(labels or [np.empty(0, np.uint8)])
            file.seek(4)
            file.write(struct.pack(">I", len(together)))
        head = struct.pack(">II", LABELS, len(together))
        (folder / f"{stem}-labels-idx1-ubyte").write_bytes(head + together.tobytes())
    (folder / CLASSES_FILE).write_text("".join(f"{n}\n" for n in listing.class_names), "utf-8")


def _write_images(listing: LazyDataset, splits: dict[str, Parts], folder: Path) -> None:
    if listing.image_shape[2] not in COLOUR_TYPES:
        raise InputError(
            "unsupported number of channels",
            where=listing.name,
            expected="1, 3 or 4",
            got=listing.image_shape[2],
        )
    names = _folder_names(listing.class_names)
    digits = max(6, len(str(len(listing))))
    if is_multi_label(listing.labels):
        _write_labelled(listing.class_names, splits, folder, digits)
        return
    for split_name, parts in splits.items():
        (place,) = _folder_names((split_name,))
        folders = [str(folder / place / name) for name in names]
        for path in folders:
            Path(path).mkdir(parents=True)
        written = 0
        for part in parts:
            _write_part(part, folders, written, digits)
            written += len(part.images)


def _write_labelled(
    class_names: tuple[str, ...], splits: dict[str, Parts], folder: Path, digits: int
) -> None:
    """Writes multi-label images, and their labels as a table."""
    with (folder / LABELS_FILE).open("x", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["file", "split", *class_names])
        for split_name, parts in splits.items():
            (place,) = _folder_names((split_name,))
            (folder / place).mkdir()
            written = 0
            for part in parts:
                _write_part(part, [str(folder / place)], written, digits)
                for row in part.labels.tolist():
                    table.writerow([f"{place}/{written:0{digits}d}.png", split_name, *row])
                    written += 1


def _write_part(part: ImageBlock, folders: list[str], written: int, digits: int) -> None:
    """Writes the images of a part, the first of them under the number `written`.

    Args:
        part: the images.
        folders: of each class; of multi-label images a single one.
        written: the number of images before.
        digits: of the files' names.
    """
    block = 500
    several = is_multi_label(part.labels)
    labels = [0] * len(part.labels) if several else part.labels.tolist()

    def work(number: int) -> None:
        for row in range(number * block, min((number + 1) * block, len(labels))):
            path = f"{folders[labels[row]]}{os.sep}{written + row:0{digits}d}.png"
            with open(path, "xb", 0) as file:  # noqa: PTH123 - half the time of a Path
                file.write(encode_png(part.images[row]))

    parallel_for(work, -(-len(labels) // block), threads())


def _folder_names(names: tuple[str, ...]) -> list[str]:
    """Returns unique names that are valid on every system."""
    made: list[str] = []
    for name in names:
        plain = stem = UNSAFE.sub("_", name)[:100]
        number = 2
        while plain.casefold() in {other.casefold() for other in made}:
            plain, number = f"{stem} ({number})", number + 1
        made.append(plain)
    return made
