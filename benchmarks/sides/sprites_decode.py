"""A side of sprites.py: a PNG to an array of all its pixels, by one library."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from serving import serve

Decode = Callable[[Path], NDArray[np.uint8]]


def by_spritenet(path: Path) -> NDArray[np.uint8]:
    """Segments on all cores, every hash checked."""
    from spritenet import Sprite

    with Sprite(path) as sprite:
        return sprite.images()


def by_spritenet_as_foreign(path: Path) -> NDArray[np.uint8]:
    """As a PNG that is not a sprite: one stream."""
    from spritenet.sources.png_rows import read_png

    return read_png(path)


def by_pillow(path: Path) -> NDArray[np.uint8]:
    """Pillow, the most common decoder."""
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture)


def by_opencv(path: Path) -> NDArray[np.uint8]:
    """Its own build of libpng."""
    import cv2

    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return np.asarray(pixels, np.uint8)


def by_imagecodecs(path: Path) -> NDArray[np.uint8]:
    """Its own build of libpng."""
    import imagecodecs

    return np.asarray(imagecodecs.png_decode(path.read_bytes()), np.uint8)


def by_pyspng(path: Path) -> NDArray[np.uint8]:
    """Its own build of libspng."""
    import pyspng

    return np.asarray(pyspng.load(path.read_bytes()), np.uint8)


LIBRARIES: dict[str, tuple[str, Decode]] = {
    "spritenet": ("spritenet", by_spritenet),
    "foreign": ("spritenet", by_spritenet_as_foreign),
    "pillow": ("pillow", by_pillow),
    "opencv": ("opencv-python-headless", by_opencv),
    "imagecodecs": ("imagecodecs", by_imagecodecs),
    "pyspng": ("pyspng", by_pyspng),
}


def version(package: str) -> str:
    """Of a library; empty for one that is used from its source folder."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def main() -> None:
    """Arguments: library, PNG, and `once` to decode it and end, or `idle` to only import."""
    library, file, *mode = sys.argv[1:]
    package, decode = LIBRARIES[library]
    if mode == ["idle"]:
        decode(Path(file).with_name("tiny.png"))
        return
    if mode == ["once"]:
        decode(Path(file))
        return
    pixels = decode(Path(file))
    assert pixels.size == 65_000 * 784  # noqa: S101 - all sides must do the same work

    def work(count: int) -> None:
        for _ in range(count):
            decode(Path(file))

    serve(f"{library} {version(package)}".strip(), work)


if __name__ == "__main__":
    main()
