"""A data set as files that other programs read: IDX, NumPy's npz, or a folder of PNGs."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spritenet.core.pool import threads
from spritenet.dataset import Dataset, Split
from spritenet.errors import DataError, InputError
from spritenet.sources.idx import IMAGES, LABELS
from spritenet.sources.idx_folder import CLASSES_FILE
from spritenet.sprites.chunks import SIGNATURE, chunk
from spritenet.sprites.disk import beside, new_folder
from spritenet.sprites.head import COLOUR_TYPES
from spritenet.sprites.parallel import each

__all__ = ["KINDS", "Kind", "unpack"]

Kind = Literal["idx", "folder", "npz"]
KINDS: tuple[Kind, ...] = ("idx", "folder", "npz")

Progress = Callable[[int], object]
NPZ_NAMES = {"validation": "val"}  # as Keras's guides call it
IDX_NAMES = {"train": "train", "test": "t10k"}
UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]|^\.|[. ]$')  # what some system can't have in a name
PNG_LEVEL = 6


def unpack(
    data: Dataset,
    path: str | os.PathLike[str],
    to: Kind | None = None,
    *,
    progress: Progress | None = None,
) -> Path:
    """Writes a data set as other programs read it, whole or not at all.

    Args:
        data: what to write.
        path: the folder, or the file where `to` is "npz".
        to: "idx": MNIST's four files, and `classes.txt`, in a folder. "folder": a PNG for each
            image, in `train/CLASS/000000.png`. "npz": one file with Keras's arrays `x_train`,
            `y_train`, `x_val`, `x_test`, … and `class_names`. By default "npz" if the path ends
            so, else "folder".
        progress: called with the number of images done since the last call, from any thread.

    Returns:
        The path.

    Raises:
        InputError: it can't be written in this form.
        DataError: the place is taken, or the disk refuses; nothing is changed.
    """
    target = Path(path)
    kind = to or ("npz" if target.suffix == ".npz" else "folder")
    if kind not in KINDS:
        expected = "one of " + ", ".join(KINDS)
        raise InputError("there is no such form", where="to", expected=expected, got=kind)
    if kind == "npz":
        _write_npz(data, target, progress)
        return target
    with new_folder(target, "") as fresh:
        try:
            if kind == "idx":
                _write_idx(data, fresh, progress)
            else:
                _write_pictures(data, fresh, progress)
        except OSError as error:
            raise DataError("can't be written", where=target, got=error.strerror or error) from None
    return target


def _write_npz(data: Dataset, target: Path, progress: Progress | None) -> None:
    arrays: dict[str, NDArray[np.generic]] = {"class_names": np.array(data.class_names)}
    for name, split in data.splits.items():
        grey = split.image_shape[2] == 1
        short = NPZ_NAMES.get(name, name)
        arrays[f"x_{short}"] = split.images[..., 0] if grey else split.images
        arrays[f"y_{short}"] = split.labels
    with beside(target) as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    if progress is not None:
        progress(sum(len(split) for split in data.splits.values()))


def _write_idx(data: Dataset, folder: Path, progress: Progress | None) -> None:
    if data.image_shape[2] != 1 or len(data.class_names) > 256:
        raise InputError(
            "IDX files of MNIST's kind hold grey images of at most 256 classes",
            where=data.name,
            got=f"{data.image_shape[2]} channels, {len(data.class_names)} classes",
        )
    unknown = [name for name in data.splits if name not in IDX_NAMES]
    if unknown:
        raise InputError(
            "IDX files have no name for a split",
            where=data.name,
            expected="train and test",
            got=unknown[0],
        )
    for name, split in data.splits.items():
        head = struct.pack(">IIII", IMAGES, *split.images.shape[:3])
        stem = IDX_NAMES[name]
        images = folder / f"{stem}-images-idx3-ubyte"
        with images.open("xb") as file:
            file.write(head)
            file.write(split.images.data)
        labels = struct.pack(">II", LABELS, len(split)) + split.labels.astype(np.uint8).tobytes()
        (folder / f"{stem}-labels-idx1-ubyte").write_bytes(labels)
        if progress is not None:
            progress(len(split))
    (folder / CLASSES_FILE).write_text("".join(f"{n}\n" for n in data.class_names), "utf-8")


def _write_pictures(data: Dataset, folder: Path, progress: Progress | None) -> None:
    if data.image_shape[2] not in COLOUR_TYPES:
        raise InputError(
            "a PNG has no such number of channels",
            where=data.name,
            expected="1, 3 or 4",
            got=data.image_shape[2],
        )
    names = _folder_names(data.class_names)
    for split_name, split in data.splits.items():
        (place,) = _folder_names((split_name,))
        _write_split(split, [folder / place / name for name in names], progress)


def _write_split(split: Split, folders: list[Path], progress: Progress | None) -> None:
    for path in folders:
        path.mkdir(parents=True)
    digits = max(6, len(str(len(split))))
    block = 500

    def work(number: int) -> None:
        first, stop = number * block, min((number + 1) * block, len(split))
        for place in range(first, stop):
            image, label = split[place]
            (folders[label] / f"{place:0{digits}d}.png").write_bytes(_png(image))
        if progress is not None:
            progress(stop - first)

    each(work, -(-len(split) // block), threads())


def _png(image: NDArray[np.uint8]) -> bytes:
    """An image (h w c) as a PNG."""
    import deflate

    height, width, channels = image.shape
    header = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    rows = np.zeros((height, width * channels + 1), np.uint8)
    rows[:, 1:] = image.reshape(height, -1)
    packed = bytes(deflate.zlib_compress(rows.tobytes(), PNG_LEVEL))
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return SIGNATURE + b"".join(chunk(kind, body) for kind, body in chunks)


def _folder_names(names: tuple[str, ...]) -> list[str]:
    """Names as every system can have them, still all different."""
    made: list[str] = []
    for name in names:
        plain = stem = UNSAFE.sub("_", name)[:100]
        number = 2
        while plain.casefold() in {other.casefold() for other in made}:
            plain, number = f"{stem} ({number})", number + 1
        made.append(plain)
    return made
