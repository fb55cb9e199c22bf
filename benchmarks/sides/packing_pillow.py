"""Pillow's side of packing.py: the sheet that people make by hand, with Pillow's defaults.

It has no labels in it, no classes, no splits and no index; they lie in a file beside it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnist_idx import read


def from_idx(folder: Path) -> tuple[NDArray[np.uint8], list[int]]:
    """All 70,000 images and labels."""
    parts = [read(folder, part) for part in ("train", "t10k")]
    images = np.concatenate([images for images, _ in parts])
    return images, [int(label) for _, labels in parts for label in labels]


def from_folder(folder: Path) -> tuple[NDArray[np.uint8], list[int]]:
    """Each file opened by Pillow, its label from its folder's name."""
    files = sorted(folder.glob("*/*/*.png"))
    images = np.stack([np.asarray(Image.open(file)) for file in files])
    return images, [int(file.parent.name) for file in files]


def main() -> None:
    """Arguments: `idx` or `folder`, where it is, and the PNG to write."""
    kind, source, out = sys.argv[1:4]
    images, labels = (from_idx if kind == "idx" else from_folder)(Path(source))
    Image.fromarray(images.reshape(len(images), -1)).save(out)
    np.eye(10, dtype=np.uint8)[labels].tofile(f"{out}.labels")


if __name__ == "__main__":
    main()
