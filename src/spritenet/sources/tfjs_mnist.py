"""The tutorials' MNIST: `mnist_images.png`, 65,000 images in rows, and `mnist_labels_uint8`.

No hash of either file is published. So the sizes are checked, and that each label is one-hot; and,
since the images are MNIST's, the hash of the decoded pixels.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from spritenet.dataset import Dataset
from spritenet.errors import DataWarning
from spritenet.sources.file_type import PNG
from spritenet.sources.remote.download import RemoteFile

__all__ = ["ADDRESS", "FILES", "IMAGES", "LABELS", "TRAIN", "read_tfjs_mnist"]

ADDRESS = "https://storage.googleapis.com/learnjs-data/model-builder/"
IMAGES, LABELS = "mnist_images.png", "mnist_labels_uint8"
COUNT, TRAIN, SIDE, CLASSES = 65_000, 55_000, 28, 10

CONTENT_SHA256 = (
    "3d24e455d86b0368a3aed0357241a964514ac2c876e06de3763d756f78082e2e",
    "54dbbc2cab00508c5ade36a807f48bc83d0ee3285bbeb8ae25377aaa12b2250c",
)
"""Of the pixels and of the one-hot labels of MNIST's training images from number 5,000 on, and of
its test images, in MNIST's order: what TensorFlow's `input_data.read_data_sets` gives for training
and testing. The published labels begin like these, and like no others of MNIST."""


def _check_images(content: bytes) -> str:
    """Returns the fault of the PNG's header; pixels are compared when it is read."""
    if not content.startswith(PNG):
        return "no PNG"
    sides = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if sides != (SIDE * SIDE, COUNT):
        return f"an image of {sides[0]}×{sides[1]}, expected {SIDE * SIDE}×{COUNT}"
    return "" if content[-8:-4] == b"IEND" else "an image without an end"


def _check_labels(content: bytes) -> str:
    """Returns the fault of the labels; "" if there is none."""
    if len(content) != COUNT * CLASSES:
        return f"{len(content):,} bytes, expected {COUNT * CLASSES:,}"
    rows = np.frombuffer(content, np.uint8).reshape(COUNT, CLASSES)
    one_hot = rows.max() == 1 and (rows.sum(1) == 1).all()
    return "" if one_hot else "labels that are not one-hot"


FILES = (
    RemoteFile(IMAGES, COUNT * (SIDE * SIDE + 1), check=_check_images),
    RemoteFile(LABELS, COUNT * CLASSES, check=_check_labels),
)


def read_tfjs_mnist(folder: Path, class_names: tuple[str, ...]) -> Dataset:
    """Reads both files, and checks their content.

    Raises:
        DataError: a file is damaged.
    """
    from hashlib import sha256

    from spritenet.sources.png_rows import read_png_rows

    data = read_png_rows(folder / IMAGES, (SIDE, SIDE), folder / LABELS, TRAIN, class_names)
    pixels = sha256()
    for split in data.splits.values():
        pixels.update(split.images.data)
    labels = sha256((folder / LABELS).read_bytes())
    if (pixels.hexdigest(), labels.hexdigest()) != CONTENT_SHA256:
        warnings.warn(
            f"{folder / IMAGES}: not MNIST's images in their known order; read as they are",
            DataWarning,
            stacklevel=2,
        )
    return data
