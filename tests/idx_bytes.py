"""Writes IDX files, right ones and wrong ones, for tests."""

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def image_bytes(images: NDArray[np.uint8], magic: int = 2051) -> bytes:
    """An IDX file of images (n h w)."""
    return struct.pack(">IIII", magic, *images.shape) + images.tobytes()


def label_bytes(labels: NDArray[np.uint8], magic: int = 2049) -> bytes:
    """An IDX file of labels (n)."""
    return struct.pack(">II", magic, len(labels)) + labels.tobytes()


def some_images(count: int, seed: int = 0) -> NDArray[np.uint8]:
    """Noise of 5×4 pixels."""
    return np.random.default_rng(seed).integers(0, 256, (count, 5, 4), np.uint8)


def some_labels(count: int, seed: int = 0, classes: int = 10) -> NDArray[np.uint8]:
    """Labels below `classes`, none left out below the highest."""
    every = np.arange(count) % classes
    return np.random.default_rng(seed).permutation(every).astype(np.uint8)


def write_folder(folder: Path, *, packed: bool = True, train: int = 30, test: int = 20) -> Path:
    """A folder as MNIST's, of small images, gzipped or not."""
    folder.mkdir(parents=True, exist_ok=True)
    end = ".gz" if packed else ""
    for name, count in (("train", train), ("t10k", test)):
        images, labels = image_bytes(some_images(count)), label_bytes(some_labels(count))
        for kind, content in (("images-idx3", images), ("labels-idx1", labels)):
            stored = gzip.compress(content) if packed else content
            (folder / f"{name}-{kind}-ubyte{end}").write_bytes(stored)
    return folder
