"""Makes the test vectors: small sprites, and as JSON what they hold. Run once; kept for ever.

A reader that follows docs/format.md reads each file to exactly its JSON. Later writers may write
other bytes for the same data, so the files are not made again.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np

import spritenet as sn
from spritenet.sprites import INDEX

FOLDER = Path(__file__).parent


def data(count: int, shape: tuple[int, int, int], classes: int, test: int) -> sn.Dataset:
    """Images of arithmetic: pixel p of image i is 7 i + 3 p, modulo 256, every fifth image flat."""
    total = count + test
    place = np.arange(total)[:, np.newaxis] * 7 + np.arange(np.prod(shape)) * 3
    place[::5] = np.arange(total)[::5, np.newaxis]
    images = (place % 256).astype(np.uint8).reshape(total, *shape)
    labels = (np.arange(total) * 5 % classes).astype(np.int32)
    names = tuple(f"klass {number} – “{number:b}”" for number in range(classes))
    splits = {"train": sn.Split(images[:count], labels[:count], names, "train")}
    if test:
        splits["test"] = sn.Split(images[count:], labels[count:], names, "test")
    return sn.Dataset("vector", splits, names, "docs/format.md", "CC0-1.0")


def several(count: int, shape: tuple[int, int, int], classes: int) -> sn.Dataset:
    """The images of `data`; image i has class k if bit k of 3 i + 1 is set."""
    one = data(count, shape, classes, 0)
    bits = (np.arange(count)[:, np.newaxis] * 3 + 1) >> np.arange(classes)
    split = sn.Split(one.train.images, (bits & 1).astype(np.uint8), one.class_names, "train")
    return sn.Dataset("vector", {"train": split}, one.class_names, one.source, one.licence)


def describe(path: Path, dataset: sn.Dataset) -> None:
    """Writes what a sprite or a folder of them holds."""
    splits = dataset.splits.items()
    values = {
        "classes": list(dataset.class_names),
        "image_shape": list(dataset.image_shape),
        "splits": {name: len(split) for name, split in splits},
        "labels": [int(value) for _, split in splits for value in split.labels.ravel()],
        "crc32_of_images": [
            f"{zlib.crc32(image.tobytes()):08x}" for _, split in splits for image in split.images
        ],
        "sha256": dataset.content_hash,
    }
    text = json.dumps(values, ensure_ascii=False, indent=1)
    path.with_name(path.stem + ".json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Makes all of them."""
    grey = data(13, (3, 5, 1), 4, 4)
    describe(sn.pack(grey, FOLDER / "rows-grey.png", segment_rows=5), grey)
    rgb = data(11, (4, 3, 3), 2, 0)
    describe(sn.pack(rgb, FOLDER / "grid-rgb.png", layout="grid", columns=4, segment_rows=8), rgb)
    rgba = data(6, (2, 2, 4), 300, 1)
    describe(sn.pack(rgba, FOLDER / "rows-rgba-300-classes.png"), rgba)
    rows = several(9, (3, 4, 1), 5)
    describe(sn.pack(rows, FOLDER / "rows-multi-label.png", segment_rows=4), rows)
    folder = sn.pack(grey, FOLDER / "folder", shard_rows=7, segment_rows=3)
    describe(folder.with_suffix(".png"), grey)
    assert (folder / INDEX).is_file()


if __name__ == "__main__":
    main()
